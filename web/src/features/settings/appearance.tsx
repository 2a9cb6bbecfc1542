import { Contrast, type LucideIcon, Monitor, Moon, Sun } from 'lucide-react'
import { isLanguage, LANGUAGES } from '../../shared/i18n/language'
import { useText } from '../../shared/i18n/text'
import { useInterface } from '../../shared/theme/use-interface'
import { Button } from '../../shared/ui/button'
import { Choice } from '../../shared/ui/choice'
import { InterfaceChoice, Rows } from './rows'
import { Saved } from './saved'

const BROWSER = 'browser'

export function Appearance() {
  return (
    <Rows>
      <InterfaceChoice
        member="theme"
        label="settings.theme"
        options={[
          { value: 'system', name: 'settings.themeSystem', sample: <Icon of={Monitor} /> },
          { value: 'light', name: 'settings.themeLight', sample: <Icon of={Sun} /> },
          { value: 'dark', name: 'settings.themeDark', sample: <Icon of={Moon} /> },
          { value: 'contrast', name: 'settings.themeContrast', sample: <Icon of={Contrast} /> },
        ]}
      />
      <InterfaceChoice
        member="layout"
        label="settings.layout"
        hint="settings.layoutHint"
        options={[
          { value: 'manuscript', name: 'settings.layoutManuscript' },
          { value: 'bubbles', name: 'settings.layoutBubbles' },
        ]}
      />
      <InterfaceChoice
        member="story_face"
        label="settings.storyFace"
        options={[
          { value: 'serif', name: 'settings.storyFaceSerif', sample: <Letters className="font-[Palatino,serif]" /> },
          { value: 'interface', name: 'settings.storyFaceInterface', sample: <Letters className="font-ui" /> },
        ]}
      />
      <InterfaceChoice
        member="font_size"
        label="settings.fontSize"
        options={[
          { value: 'small', name: 'settings.fontSizeSmall', sample: <Letters className="text-small" /> },
          { value: 'medium', name: 'settings.fontSizeMedium', sample: <Letters className="text-story" /> },
          { value: 'large', name: 'settings.fontSizeLarge', sample: <Letters className="text-title" /> },
        ]}
      />
      <InterfaceChoice
        member="density"
        label="settings.density"
        options={[
          { value: 'cosy', name: 'settings.densityCosy' },
          { value: 'compact', name: 'settings.densityCompact' },
        ]}
      />
      <InterfaceChoice
        member="motion"
        label="settings.motion"
        options={[
          { value: 'system', name: 'settings.motionSystem' },
          { value: 'reduced', name: 'settings.motionReduced' },
        ]}
      />
      <LanguageChoice />
      <WelcomeAgain />
    </Rows>
  )
}

function LanguageChoice() {
  const t = useText()
  const [{ language }, change] = useInterface()
  return (
    <Choice
      label={t('settings.language')}
      value={isLanguage(language) ? language : BROWSER}
      options={[
        { value: BROWSER, name: t('settings.languageBrowser') },
        ...Object.entries(LANGUAGES).map(([value, { name }]) => ({ value, name })),
      ]}
      onChange={(value) => change({ language: isLanguage(value) ? value : null })}
      note={<Saved member="language" />}
    />
  )
}

function WelcomeAgain() {
  const t = useText()
  const [, change] = useInterface()
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <p className="min-w-0 flex-1 basis-64 text-soft">{t('settings.welcomeHint')}</p>
      <Button onClick={() => change({ welcomed: false })}>{t('settings.welcomeAgain')}</Button>
    </div>
  )
}

function Icon({ of: Drawn }: { of: LucideIcon }) {
  return <Drawn size={18} aria-hidden className="text-soft" />
}

function Letters({ className }: { className: string }) {
  return (
    <span aria-hidden className={`leading-none ${className}`}>
      Aa
    </span>
  )
}
