import { Check, PlugZap, Trash2 } from 'lucide-react'
import { useModels, useSettings } from '../../shared/api/models'
import type { components } from '../../shared/api/schema.gen'
import type { Model } from '../../shared/api/wire'
import { useText } from '../../shared/i18n/text'
import { number } from '../../shared/lib/numbers'
import { Button, IconButton } from '../../shared/ui/button'
import { Page } from '../../shared/ui/page'
import { Empty, Failure, Skeleton } from '../../shared/ui/states'
import { useNotify } from '../../shared/ui/toaster'
import { AddModelForm } from './add-model-form'
import { PROVIDERS } from './providers'
import { useDefaultModel, useDeleteModel, useRestoreModel, useTestModel } from './use-models'

/** Who can answer. */
export function ModelsPage() {
  const t = useText()
  const models = useModels()
  const settings = useSettings()
  const defaultId = settings.data?.default_ai_model_id
  return (
    <Page title={t('models.title')} lead={t('models.lead')}>
      {models.isPending && <Skeleton lines={4} />}
      {models.error && <Failure error={models.error} what={t('models.unread')} onRetry={() => void models.refetch()} />}
      {models.data?.items.length === 0 && <Empty>{t('models.empty')}</Empty>}
      <ul className="grid gap-3">
        {models.data?.items.map((model) => (
          <ModelCard key={model.id} model={model} isDefault={model.id === defaultId} />
        ))}
      </ul>
      <section className="mt-12">
        <h2 className="mb-4 font-semibold font-story text-title">{t('models.add')}</h2>
        <AddModelForm />
      </section>
    </Page>
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
    <li className="rounded-card border border-line bg-surface p-4">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
        <div className="min-w-0 flex-1 basis-56">
          <h2 className="flex flex-wrap items-center gap-x-2 font-semibold">
            <span className="min-w-0 break-words">{model.name}</span>
            {isDefault && (
              <span className="inline-flex items-center gap-1 font-normal text-good text-small">
                <Check size={15} aria-hidden />
                {t('models.isDefault')}
              </span>
            )}
          </h2>
          <p className="break-words text-small text-soft">
            {t(PROVIDERS[model.provider].name)} · {model.model}
            {model.base_url && ` · ${model.base_url}`}
            {model.api_key && ` · ${t('models.key', { key: model.api_key })}`}
          </p>
        </div>
        <div className="flex flex-wrap items-center gap-1 max-sm:-ms-3.5">
          {!isDefault && (
            <Button look="quiet" disabled={choose.isPending} onClick={() => choose.mutate(model.id, { onError })}>
              {t('models.useByDefault')}
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
          {model.provider !== 'local' && (
            <IconButton
              icon={Trash2}
              name={t('models.deleteName', { name: model.name })}
              disabled={remove.isPending}
              onClick={() =>
                remove.mutate(model.id, {
                  onError,
                  onSuccess: () =>
                    notify.say(t('models.inTrash', { name: model.name }), () => restore.mutate(model.id, { onError })),
                })
              }
            />
          )}
        </div>
      </div>
      {test.data && <TestResult result={test.data} />}
      {test.error && (
        <p role="alert" className="mt-2 text-danger text-small">
          {test.error.message}
        </p>
      )}
    </li>
  )
}

function TestResult({ result }: { result: components['schemas']['ModelTest'] }) {
  const t = useText()
  if (!result.ok) {
    return (
      <p role="alert" className="mt-2 text-danger text-small">
        {result.error?.detail || t('models.silent')}
      </p>
    )
  }
  return (
    <p role="status" className="mt-2 text-good text-small">
      {t('models.answered', {
        seconds: number(result.seconds, { minimumFractionDigits: 1, maximumFractionDigits: 1 }),
        text: result.text,
      })}
    </p>
  )
}
