import { type ComponentType, useRef } from 'react'
import { Navigate, NavLink, useParams } from 'react-router'
import type { MessageKey } from '../../shared/i18n/keys'
import { useText } from '../../shared/i18n/text'
import { cx } from '../../shared/lib/class-names'
import { useKeptScroll } from '../../shared/lib/kept-scroll'
import { PageTitle } from '../../shared/ui/page-title'
import { Appearance } from './appearance'
import { Conversation } from './conversation'
import { Keys } from './keys'
import { Privacy } from './privacy'
import { Reading } from './reading'
import { Texts } from './texts'
import { Writing } from './writing'

interface Section {
  name: string
  title: MessageKey
  lead: MessageKey
  Content: ComponentType
}

const SECTIONS: Section[] = [
  { name: 'appearance', title: 'settings.appearance', lead: 'settings.appearanceLead', Content: Appearance },
  { name: 'reading', title: 'settings.reading', lead: 'settings.readingLead', Content: Reading },
  { name: 'writing', title: 'settings.writing', lead: 'settings.writingLead', Content: Writing },
  { name: 'keys', title: 'settings.keys', lead: 'settings.keysLead', Content: Keys },
  { name: 'conversation', title: 'settings.conversation', lead: 'settings.conversationLead', Content: Conversation },
  { name: 'texts', title: 'settings.texts', lead: 'settings.textsLead', Content: Texts },
  { name: 'privacy', title: 'settings.privacy', lead: 'settings.privacyLead', Content: Privacy },
]

/** How the reader wants things; every change is in force at once and saved by itself. */
export function SettingsPage() {
  const { section: name } = useParams()
  const section = SECTIONS.find((candidate) => candidate.name === name)
  if (!section) return <Navigate to={`/settings/${SECTIONS[0]?.name}`} replace />
  return <SettingsSection key={section.name} section={section} />
}

function SettingsSection({ section: { title, lead, Content } }: { section: Section }) {
  const t = useText()
  const box = useRef<HTMLDivElement>(null)
  useKeptScroll(box)
  return (
    <div ref={box} className="h-full overflow-y-auto">
      <div className="mx-auto grid max-w-4xl gap-x-10 gap-y-6 px-4 pt-16 pb-16 sm:px-8 lg:pt-12 xl:grid-cols-[11rem_minmax(0,1fr)]">
        <nav aria-label={t('settings.title')} className="flex flex-wrap content-start gap-1 xl:flex-col xl:pt-1">
          {SECTIONS.map((section) => (
            <NavLink
              key={section.name}
              to={`/settings/${section.name}`}
              className={({ isActive }) =>
                cx(
                  'flex min-h-9 items-center rounded-control px-3 hover:text-ink pointer-coarse:min-h-11',
                  isActive ? 'bg-accent-soft text-ink' : 'text-soft',
                )
              }
            >
              {t(section.title)}
            </NavLink>
          ))}
        </nav>
        <div className="min-w-0">
          <header className="mb-4">
            <PageTitle className="font-semibold font-story text-display">{t(title)}</PageTitle>
            <p className="mt-1 max-w-[60ch] text-soft">{t(lead)}</p>
          </header>
          <Content />
        </div>
      </div>
    </div>
  )
}
