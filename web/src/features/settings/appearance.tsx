import type { LucideIcon } from 'lucide-react'
import { isLanguage, LANGUAGES } from '../../shared/i18n/language'
import { useText } from '../../shared/i18n/text'
import { THEME_ICONS, THEME_NAMES } from '../../shared/theme/themes'
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
        options={THEME_NAMES}
        samples={{
          system: <Icon of={THEME_ICONS.system} />,
          light: <Icon of={THEME_ICONS.light} />,
          dark: <Icon of={THEME_ICONS.dark} />,
          contrast: <Icon of={THEME_ICONS.contrast} />,
        }}
      />
      <InterfaceChoice
        member="layout"
        label="settings.layout"
        hint="settings.layoutHint"
        options={{ manuscript: 'settings.layoutManuscript', bubbles: 'settings.layoutBubbles' }}
      />
      <InterfaceChoice
        member="story_face"
        label="settings.storyFace"
        options={{ serif: 'settings.storyFaceSerif', interface: 'settings.storyFaceInterface' }}
        samples={{
          serif: <Letters className="font-[Palatino,serif]" />,
          interface: <Letters className="font-ui" />,
        }}
      />
      <InterfaceChoice
        member="font_size"
        label="settings.fontSize"
        options={{
          small: 'settings.fontSizeSmall',
          medium: 'settings.fontSizeMedium',
          large: 'settings.fontSizeLarge',
        }}
        samples={{
          small: <Letters className="text-small" />,
          medium: <Letters className="text-story" />,
          large: <Letters className="text-title" />,
        }}
      />
      <InterfaceChoice
        member="density"
        label="settings.density"
        options={{ cosy: 'settings.densityCosy', compact: 'settings.densityCompact' }}
      />
      <InterfaceChoice
        member="motion"
        label="settings.motion"
        options={{ system: 'settings.motionSystem', reduced: 'settings.motionReduced' }}
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
