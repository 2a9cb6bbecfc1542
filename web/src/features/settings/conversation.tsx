import { zodResolver } from '@hookform/resolvers/zod'
import { type ReactNode, useMemo } from 'react'
import { useForm } from 'react-hook-form'
import { Link } from 'react-router'
import * as z from 'zod/mini'
import { useModels } from '../../shared/api/models'
import { useDefaultProfileId, useProfiles } from '../../shared/api/profiles'
import { useDefaultPromptId, usePrompts } from '../../shared/api/prompts'
import { type Settings, useSettings } from '../../shared/api/settings'
import type { MessageKey } from '../../shared/i18n/keys'
import { useText } from '../../shared/i18n/text'
import { Field, TextField } from '../../shared/ui/field'
import { RowOptions } from '../../shared/ui/row-options'
import { Failure, Skeleton } from '../../shared/ui/states'
import { Switch } from '../../shared/ui/switch'
import { Rows } from './rows'
import { Saved } from './saved'
import { settingsChange, useChangeSettings, useUnmarkDefault } from './use-changes'

type Chosen = 'default_ai_model_id' | 'default_user_profile_id' | 'default_system_prompt_id'
type Counted = 'context_messages' | 'retention_days'

/** What chats begin with, and how long things are kept. */
export function Conversation() {
  const t = useText()
  const settings = useSettings()
  const models = useModels()
  const profiles = useProfiles()
  const prompts = usePrompts()
  const profileId = useDefaultProfileId()
  const promptId = useDefaultPromptId()
  const change = useChangeSettings()
  const unmark = useUnmarkDefault()
  const queries = [settings, models, profiles, prompts]
  const failed = queries.find(({ error }) => error)

  if (failed?.error) {
    const retry = () => Promise.all(queries.filter(({ error }) => error).map(({ refetch }) => refetch()))
    return <Failure error={failed.error} what={t('settings.unread')} onRetry={() => void retry()} />
  }
  if (!settings.data || !models.data || !profiles.data || !prompts.data) return <Skeleton lines={9} />
  return (
    <Rows>
      <DefaultChoice
        member="default_ai_model_id"
        label="settings.model"
        hint={t.rich('settings.modelHint', { link: (words) => <PageLink to="/models">{words}</PageLink> })}
        value={settings.data.default_ai_model_id}
        rows={models.data.items.filter(({ enabled }) => enabled)}
        none="settings.modelNone"
      />
      <DefaultChoice
        member="default_user_profile_id"
        label="settings.persona"
        hint={t.rich('settings.personaHint', { link: (words) => <PageLink to="/profiles">{words}</PageLink> })}
        value={profileId}
        rows={profiles.data.items}
        none="settings.personaNone"
        onNone={() => unmark.profiles(profiles.data.items)}
      />
      <DefaultChoice
        member="default_system_prompt_id"
        label="settings.prompt"
        hint={t.rich('settings.promptHint', { link: (words) => <PageLink to="/prompts">{words}</PageLink> })}
        value={promptId}
        rows={prompts.data.items}
        none="settings.promptNone"
        onNone={() => unmark.prompts(prompts.data.items)}
      />
      <NumberSetting
        member="context_messages"
        settings={settings.data}
        label="settings.contextMessages"
        hint="settings.contextMessagesHint"
        most={1_000}
      />
      <NumberSetting
        member="retention_days"
        settings={settings.data}
        label="settings.retentionDays"
        hint="settings.retentionDaysHint"
        most={3_650}
      />
      <Switch
        label={t('settings.retryPaid')}
        hint={t('settings.retryPaidHint')}
        checked={settings.data.retry_paid}
        disabled={change.isPending}
        onChange={(retry_paid) => change.mutate({ retry_paid })}
        note={<Saved of={settingsChange} member="retry_paid" />}
      />
    </Rows>
  )
}

interface DefaultChoiceProps {
  member: Chosen
  label: MessageKey
  hint: ReactNode
  value: string | null
  rows: { id: string; name: string }[]
  /** What it is called when nothing is chosen. */
  none: MessageKey
  onNone?: () => void
}

function DefaultChoice({ member, label, hint, value, rows, none, onNone }: DefaultChoiceProps) {
  const t = useText()
  const change = useChangeSettings()
  const listed = value === null || rows.some(({ id }) => id === value)
  return (
    <div className="grid gap-1">
      <Field label={t(label)} hint={hint}>
        {(control) => (
          <select
            {...control}
            value={value ?? ''}
            disabled={change.isPending}
            onChange={({ target }) => {
              if (!target.value) onNone?.()
              change.mutate({ [member]: target.value || null })
            }}
          >
            <option value="">{t(none)}</option>
            {!listed && <option value={value}>{t('settings.inTrash')}</option>}
            <RowOptions rows={rows} />
          </select>
        )}
      </Field>
      <Saved of={settingsChange} member={member} />
    </div>
  )
}

interface NumberSettingProps {
  member: Counted
  settings: Settings
  label: MessageKey
  hint: MessageKey
  most: number
}

/** Saved when the reader leaves the field or presses Enter; a number that cannot be stays there with the reason. */
function NumberSetting({ member, settings, label, hint, most }: NumberSettingProps) {
  const t = useText()
  const { mutate, error } = useChangeSettings()
  const schema = useMemo(() => {
    const bounds = t('settings.bounds', { most })
    return z.object({ value: z.number(bounds).check(z.multipleOf(1, bounds), z.gte(1, bounds), z.lte(most, bounds)) })
  }, [t, most])
  const form = useForm({
    resolver: zodResolver(schema),
    values: { value: settings[member] },
    resetOptions: { keepDirtyValues: true },
  })
  const save = form.handleSubmit(({ value }) => {
    if (value !== settings[member]) mutate({ [member]: value })
  })
  return (
    <form noValidate className="grid gap-1" onSubmit={save} onBlur={save}>
      <TextField
        label={t(label)}
        hint={t(hint)}
        type="number"
        inputMode="numeric"
        min={1}
        max={most}
        autoComplete="off"
        {...form.register('value', { valueAsNumber: true })}
        error={form.formState.errors.value?.message ?? error?.field(`/${member}`)}
      />
      <Saved of={settingsChange} member={member} />
    </form>
  )
}

function PageLink({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Link to={to} className="text-accent underline underline-offset-2">
      {children}
    </Link>
  )
}
