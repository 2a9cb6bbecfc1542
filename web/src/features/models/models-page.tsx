import { Check, Circle, CircleAlert, CircleOff, PlugZap, Trash2 } from 'lucide-react'
import { type ModelTest, useModels, useTestModel } from '../../shared/api/models'
import { useSettings } from '../../shared/api/settings'
import type { Model } from '../../shared/api/wire'
import { useText } from '../../shared/i18n/text'
import { tenths } from '../../shared/lib/numbers'
import { Button, IconButton } from '../../shared/ui/button'
import { Refusal } from '../../shared/ui/refusal'
import { DefaultMark, EditLink } from '../../shared/ui/row-card'
import { RowsPage } from '../../shared/ui/rows-page'
import { useNotify } from '../../shared/ui/toaster'
import { AddModelForm } from './add-model-form'
import { EditModelForm } from './edit-model-form'
import { PROVIDERS } from './providers'
import { useDefaultModel, useDeleteModel, useRestoreModel } from './use-models'

/** Who can answer. */
export function ModelsPage() {
  const t = useText()
  const { data: settings } = useSettings()
  return (
    <RowsPage
      title={t('models.title')}
      lead={t('models.lead')}
      rows={useModels()}
      unread={t('models.unread')}
      empty={t('models.empty')}
      card={(model) => <ModelCard model={model} isDefault={model.id === settings?.default_ai_model_id} />}
      form={(model, close) => model && <EditModelForm model={model} onClose={close} />}
    >
      <section className="mt-12">
        <h2 className="mb-4 font-semibold font-story text-title">{t('models.add')}</h2>
        <AddModelForm />
      </section>
    </RowsPage>
  )
}

function ModelCard({ model, isDefault }: { model: Model; isDefault: boolean }) {
  const t = useText()
  const notify = useNotify()
  const test = useTestModel(model.id)
  const choose = useDefaultModel()
  const remove = useDeleteModel()
  const restore = useRestoreModel()
  const onError = (error: Error) => notify.alert(error.message)
  return (
    <article aria-label={model.name} className="rounded-card border border-line bg-surface p-4">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
        <div className="min-w-0 flex-1 basis-56">
          <h2 className="flex flex-wrap items-center gap-x-2 font-semibold">
            <span className="min-w-0 break-words" dir="auto">
              {model.name}
            </span>
            {isDefault && <DefaultMark>{t('models.isDefault')}</DefaultMark>}
          </h2>
          <p className="break-words text-small text-soft">
            {t(PROVIDERS[model.provider].name)} · <bdi>{model.model}</bdi>
            {model.base_url && (
              <>
                {' · '}
                <bdi>{model.base_url}</bdi>
              </>
            )}
            {model.api_key && ` · ${t('models.key', { key: model.api_key })}`}
          </p>
          <Facts model={model} />
          <Health model={model} test={test.data} asking={test.isPending} failed={test.isError} />
        </div>
        <div className="flex flex-wrap items-center gap-1 max-sm:-ms-3.5">
          {!isDefault && (
            <Button
              look="quiet"
              aria-label={t('shared.useByDefaultName', { name: model.name })}
              disabled={choose.isPending}
              onClick={() => choose.mutate(model.id, { onError })}
            >
              {t('shared.useByDefault')}
            </Button>
          )}
          <Button
            look="quiet"
            aria-label={t('models.testName', { name: model.name })}
            disabled={test.isPending}
            onClick={() => test.mutate()}
          >
            <PlugZap size={18} aria-hidden />
            {t(test.isPending ? 'models.asking' : 'models.test')}
          </Button>
          <EditLink id={model.id} name={model.name} />
          {model.provider !== 'local' && (
            <IconButton
              icon={Trash2}
              name={t('shared.deleteName', { name: model.name })}
              disabled={remove.isPending}
              onClick={() =>
                // A promise, because the row goes with its model.
                remove
                  .mutateAsync(model.id)
                  .then(
                    () => notify.say(t('models.inTrash', { name: model.name }), () => restore.mutate(model.id)),
                    onError,
                  )
              }
            />
          )}
        </div>
      </div>
      {test.data && <TestResult result={test.data} />}
      <Refusal error={test.error} className="mt-2 text-small" />
    </article>
  )
}

/** What it can do and where it ends, as far as that is known. */
function Facts({ model }: { model: Model }) {
  const t = useText()
  const facts = [
    model.context_window && t('models.contextOf', { n: model.context_window }),
    model.max_output_tokens && t('models.longestOf', { n: model.max_output_tokens }),
    t(model.paid ? 'models.isPaid' : 'models.isFree'),
    model.continue_prefix && t('models.canGoOn'),
  ]
  return <p className="text-small text-soft">{facts.filter(Boolean).join(' · ')}</p>
}

interface HealthProps {
  model: Model
  test: ModelTest | undefined
  asking: boolean
  failed: boolean
}

/** Whether it answers, as far as it was asked since the page was opened. */
function Health({ model, test, asking, failed }: HealthProps) {
  const t = useText()
  const look = 'mt-1 flex items-center gap-1.5 text-small'
  if (!model.enabled) {
    return (
      <p className={`${look} text-soft`}>
        <CircleOff size={13} aria-hidden />
        {t('models.off')}
      </p>
    )
  }
  if (asking || (!test && !failed)) {
    return (
      <p className={`${look} text-soft`}>
        <Circle size={13} aria-hidden />
        {t(asking ? 'models.beingAsked' : 'models.untested')}
      </p>
    )
  }
  if (test?.ok) {
    return (
      <p className={`${look} text-good`}>
        <Check size={13} aria-hidden />
        {t('models.works')}
      </p>
    )
  }
  return (
    <p className={`${look} text-danger`}>
      <CircleAlert size={13} aria-hidden />
      {t('models.fails')}
    </p>
  )
}

function TestResult({ result }: { result: ModelTest }) {
  const t = useText()
  if (!result.ok) {
    return (
      <p role="alert" className="mt-2 text-danger text-small">
        {result.error?.detail || t('models.silent')}
      </p>
    )
  }
  return (
    <p role="status" className="mt-2 break-words text-good text-small" dir="auto">
      {result.first_seconds === null
        ? t('models.answered', { seconds: tenths(result.seconds), text: result.text })
        : t('models.answeredFrom', {
            first: tenths(result.first_seconds),
            all: tenths(result.seconds),
            text: result.text,
          })}
    </p>
  )
}
