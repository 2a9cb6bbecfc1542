import { Archive, ArchiveRestore, Pin, PinOff, Trash2 } from 'lucide-react'
import { Link, useNavigate } from 'react-router'
import { useCharacter } from '../../shared/api/characters'
import { useAnsweringModel, useModels } from '../../shared/api/models'
import { useDefaultProfileId, useProfiles } from '../../shared/api/profiles'
import { useDefaultPromptId, usePrompts } from '../../shared/api/prompts'
import { deleteChatSession, restoreChatSession } from '../../shared/api/sessions'
import type { SessionRow } from '../../shared/api/wire'
import { useText } from '../../shared/i18n/text'
import { rememberPage } from '../../shared/lib/place'
import { Button } from '../../shared/ui/button'
import { Field, TextArea, TextField } from '../../shared/ui/field'
import { Portrait } from '../../shared/ui/portrait'
import { Refusal } from '../../shared/ui/refusal'
import { RowOptions } from '../../shared/ui/row-options'
import { useNotify } from '../../shared/ui/toaster'
import { useSessionField, useSessionText } from './use-session-change'
import { readWorldTime } from './world-time'

const LONGEST_TITLE = 200
const LONGEST_PERSONA = 32_768
const LONGEST_WORLD_TIME = 200

interface SettingProps {
  session: SessionRow
}

/** All that the reader can set of a chat. Each change is kept at once and counts from the next reply on. */
export function SessionSettings({ session, onClose }: SettingProps & { onClose: () => void }) {
  return (
    <div className="grid gap-6">
      <WhomWith id={session.character_id} />
      <Title session={session} />
      <WorldTime session={session} />
      <Persona session={session} />
      <AnsweringModel session={session} />
      <SystemPrompt session={session} />
      <Keeping session={session} onDelete={onClose} />
    </div>
  )
}

function WhomWith({ id }: { id: string | null }) {
  const { data: character } = useCharacter(id)
  if (!character) return null
  return (
    <Link
      to={`/characters/${character.id}`}
      className="flex min-h-11 items-center gap-3 rounded-control hover:bg-sunken"
    >
      <Portrait name={character.name} image={character.avatar_image} size="row" ring />
      <span className="min-w-0 break-words font-semibold" dir="auto">
        {character.name}
      </span>
    </Link>
  )
}

function Title({ session }: SettingProps) {
  const t = useText()
  const { control } = useSessionText(session, 'title', () => true)
  return <TextField label={t('chat.title')} maxLength={LONGEST_TITLE} {...control} />
}

function WorldTime({ session }: SettingProps) {
  const t = useText()
  const { text, control } = useSessionText(session, 'world_time', (written) => readWorldTime(written) !== 'wrong')
  const read = readWorldTime(text)
  return (
    <TextField
      label={t('chat.worldTime')}
      maxLength={LONGEST_WORLD_TIME}
      hint={read === null || read === 'wrong' ? t('chat.worldTimeHint') : t('chat.worldTimeRead', { date: read })}
      {...control}
      error={read === 'wrong' ? t('chat.worldTimeWrong') : control.error}
    />
  )
}

function Persona({ session }: SettingProps) {
  const t = useText()
  const { control } = useSessionText(session, 'user_persona', () => true)
  const { data: profiles } = useProfiles()
  const usualId = useDefaultProfileId()
  const usual = profiles?.items.find(({ id }) => id === usualId)
  return (
    <div className="grid gap-3">
      <Choice
        session={session}
        field="user_profile_id"
        label={t('chat.persona')}
        options={profiles?.items}
        usual={usual ? t('chat.usual', { name: usual.name }) : t('chat.personaNone')}
      />
      <TextArea
        label={t('chat.personaText')}
        hint={t('chat.personaTextHint')}
        maxLength={LONGEST_PERSONA}
        {...control}
      />
    </div>
  )
}

function AnsweringModel({ session }: SettingProps) {
  const t = useText()
  const { data: models } = useModels()
  const { data: character } = useCharacter(session.character_id)
  const usual = useAnsweringModel(null, character?.ai_model_id)
  return (
    <Choice
      session={session}
      field="ai_model_id"
      label={t('chat.answeringModel')}
      options={models?.items.filter(({ enabled, id }) => enabled || id === session.ai_model_id)}
      usual={usual ? t('chat.usual', { name: usual.name }) : t('chat.noModel')}
    />
  )
}

function SystemPrompt({ session }: SettingProps) {
  const t = useText()
  const { data: prompts } = usePrompts()
  const usualId = useDefaultPromptId()
  const usual = prompts?.items.find(({ id }) => id === usualId)
  return (
    <Choice
      session={session}
      field="system_prompt_id"
      label={t('chat.systemPrompt')}
      options={prompts?.items}
      usual={usual ? t('chat.usual', { name: usual.name }) : t('chat.systemPromptNone')}
    />
  )
}

interface ChoiceProps extends SettingProps {
  field: 'user_profile_id' | 'ai_model_id' | 'system_prompt_id'
  label: string
  /** Not there while they are read. */
  options: readonly { id: string; name: string }[] | undefined
  /** What counts when nothing is chosen. */
  usual: string
}

function Choice({ session, field, label, options, usual }: ChoiceProps) {
  const t = useText()
  const { value, save, error } = useSessionField(session, field)
  const gone = options && value !== null && options.every(({ id }) => id !== value)
  return (
    <Field label={label} error={error}>
      {(control) => (
        <select
          {...control}
          value={value ?? ''}
          disabled={!options}
          onChange={(event) => save(event.target.value || null)}
        >
          <option value="">{usual}</option>
          {gone && <option value={value}>{t('chat.gone')}</option>}
          <RowOptions rows={options} />
        </select>
      )}
    </Field>
  )
}

function Keeping({ session, onDelete }: SettingProps & { onDelete: () => void }) {
  const t = useText()
  const pinned = useSessionField(session, 'pinned')
  const archived = useSessionField(session, 'archived')
  const remove = useRemoval(session)
  const refusal = pinned.error ?? archived.error
  const PinIcon = pinned.value ? PinOff : Pin
  const ArchiveIcon = archived.value ? ArchiveRestore : Archive
  return (
    <div className="grid justify-items-start gap-2 border-line border-t pt-5">
      <Button onClick={() => pinned.save(!pinned.value)}>
        <PinIcon size={18} aria-hidden />
        {pinned.value ? t('chat.unpinChat') : t('chat.pinChat')}
      </Button>
      <Button onClick={() => archived.save(!archived.value)}>
        <ArchiveIcon size={18} aria-hidden />
        {archived.value ? t('chat.unarchiveChat') : t('chat.archiveChat')}
      </Button>
      <Button
        look="danger"
        onClick={() => {
          // The way back is offered outside of the drawer.
          onDelete()
          remove()
        }}
      >
        <Trash2 size={18} aria-hidden />
        {t('chat.deleteChat')}
      </Button>
      <Refusal error={refusal === undefined ? null : { message: refusal }} className="text-small" />
    </div>
  )
}

function useRemoval({ id, title }: SessionRow) {
  const t = useText()
  const notify = useNotify()
  const navigate = useNavigate()
  const failed = (error: Error) => notify.alert(error.message)
  const bringBack = () => {
    const isStillHere = rememberPage()
    restoreChatSession(id).then(() => isStillHere() && navigate(`/c/${id}`), failed)
  }
  return () => {
    navigate('/new')
    deleteChatSession(id).then(
      () => notify.say(t('chat.chatDeleted', { title: title || t('chat.untitled') }), bringBack),
      failed,
    )
  }
}
