import { PlugZap } from 'lucide-react'
import { Dialog } from 'radix-ui'
import { type ReactNode, useRef } from 'react'
import { Link, useNavigate } from 'react-router'
import { useCharacters } from '../../shared/api/characters'
import { useModels, useTestModel } from '../../shared/api/models'
import { useSettings } from '../../shared/api/settings'
import type { Model } from '../../shared/api/wire'
import { isLanguage, LANGUAGES } from '../../shared/i18n/language'
import { useText } from '../../shared/i18n/text'
import { tenths } from '../../shared/lib/numbers'
import { THEME_NAMES, THEMES } from '../../shared/theme/themes'
import { useInterface } from '../../shared/theme/use-interface'
import { voiceStyle } from '../../shared/theme/voice'
import { Button } from '../../shared/ui/button'
import { Choice } from '../../shared/ui/choice'
import { Layer } from '../../shared/ui/layer'
import { Portrait } from '../../shared/ui/portrait'
import { Refusal } from '../../shared/ui/refusal'
import { Skeleton } from '../../shared/ui/states'

const BROWSER = 'browser'
const MOST_CHARACTERS = 4

/** How to begin: the language and the colours, who answers, and somebody to talk to. Any way out closes it for good. */
export function WelcomeModal({ onClose }: { onClose: () => void }) {
  const t = useText()
  const heading = useRef<HTMLHeadingElement>(null)
  return (
    <Layer
      onClose={onClose}
      onOpenAutoFocus={(event) => {
        event.preventDefault()
        heading.current?.focus()
      }}
      className="inset-x-0 top-1/2 max-h-[calc(100dvh-1.5rem)] w-[min(40rem,calc(100vw-1.5rem))] -translate-y-1/2 overflow-y-auto p-5 outline-none sm:p-7"
    >
      <Dialog.Title ref={heading} tabIndex={-1} className="font-semibold font-story text-display outline-none">
        {t('onboarding.welcome')}
      </Dialog.Title>
      <Dialog.Description className="mt-1 max-w-[56ch] text-soft">{t('onboarding.welcomeLead')}</Dialog.Description>
      <div className="mt-5 grid gap-6">
        <People onClose={onClose} />
        <AnsweringModel onClose={onClose} />
        <Looks />
      </div>
      <div className="mt-6 flex justify-end border-line border-t pt-4">
        <Dialog.Close asChild>
          <Button look="quiet">{t('onboarding.skip')}</Button>
        </Dialog.Close>
      </div>
    </Layer>
  )
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h3 className="mb-2 font-semibold">{title}</h3>
      {children}
    </section>
  )
}

function People({ onClose }: { onClose: () => void }) {
  const t = useText()
  const navigate = useNavigate()
  const { data, error, isPending } = useCharacters()
  const present = data?.items.filter(({ archived }) => !archived).slice(0, MOST_CHARACTERS) ?? []
  const talkTo = (id: string) => {
    onClose()
    navigate(`/new?character=${id}`)
  }
  return (
    <Part title={t('onboarding.talkTo')}>
      {isPending && <Skeleton lines={3} />}
      <Refusal error={error} />
      {data && present.length === 0 && <p className="text-soft">{t('onboarding.empty')}</p>}
      <ul className="grid grid-cols-[repeat(auto-fit,minmax(9.5rem,1fr))] gap-2">
        {present.map(({ id, name, avatar_image }) => (
          <li key={id} style={voiceStyle(name)}>
            <button
              type="button"
              onClick={() => talkTo(id)}
              className="flex w-full items-center gap-3 rounded-card border border-line bg-paper p-3 text-start transition-colors hover:border-soft"
            >
              <Portrait name={name} image={avatar_image} size="row" />
              <span
                className="line-clamp-2 min-w-0 break-words font-semibold font-story text-story text-voice"
                dir="auto"
              >
                {name}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </Part>
  )
}

function AnsweringModel({ onClose }: { onClose: () => void }) {
  const t = useText()
  const models = useModels()
  const settings = useSettings()
  const model = models.data?.items.find(({ id }) => id === settings.data?.default_ai_model_id)
  return (
    <Part title={t('onboarding.model')}>
      {models.isPending && <Skeleton lines={1} />}
      {models.data && settings.data && (model ? <TestedModel model={model} /> : <p>{t('onboarding.noModel')}</p>)}
      <p className="mt-1 text-small text-soft">
        {t.rich('onboarding.ownKey', {
          link: (words) => (
            <Link to="/models" onClick={onClose} className="text-accent underline underline-offset-2">
              {words}
            </Link>
          ),
        })}
      </p>
    </Part>
  )
}

function TestedModel({ model }: { model: Model }) {
  const t = useText()
  const test = useTestModel(model.id)
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
      <p className="min-w-0 flex-1 basis-48 break-words">
        {t(model.provider === 'local' ? 'onboarding.readyHere' : 'onboarding.ready', { name: model.name })}
      </p>
      <Button disabled={test.isPending} onClick={() => test.mutate()}>
        <PlugZap size={18} aria-hidden />
        {t(test.isPending ? 'onboarding.asking' : 'onboarding.test')}
      </Button>
      <p role="status" className="w-full text-small text-soft empty:hidden">
        {test.data?.ok &&
          t('onboarding.firstWord', {
            seconds: tenths(test.data.first_seconds ?? test.data.seconds),
            text: test.data.text,
          })}
      </p>
      {(test.error || test.data?.ok === false) && (
        <p role="alert" className="w-full text-danger text-small">
          {test.error?.message ?? test.data?.error?.detail ?? t('onboarding.silent')}
        </p>
      )}
    </div>
  )
}

function Looks() {
  const t = useText()
  const [{ theme, language }, change] = useInterface()
  return (
    <div className="grid gap-4">
      <Choice
        label={t('onboarding.language')}
        value={isLanguage(language) ? language : BROWSER}
        options={[
          { value: BROWSER, name: t('onboarding.languageBrowser') },
          ...Object.entries(LANGUAGES).map(([value, { name }]) => ({ value, name })),
        ]}
        onChange={(value) => change({ language: isLanguage(value) ? value : null })}
      />
      <Choice
        label={t('onboarding.theme')}
        value={theme}
        options={THEMES.map((value) => ({ value, name: t(THEME_NAMES[value]) }))}
        onChange={(value) => change({ theme: value })}
      />
    </div>
  )
}
