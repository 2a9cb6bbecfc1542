import { ArrowDown, ArrowUp, X } from 'lucide-react'
import { type KeyboardEvent, useEffect, useEffectEvent, useRef, useState } from 'react'
import { useNavigate } from 'react-router'
import { LONGEST_PAGE } from '../../shared/api/client'
import { useText } from '../../shared/i18n/text'
import { IconButton } from '../../shared/ui/button'
import { useHits } from './use-hits'

/** Finds words in one chat, as the server does: what is not loaded is found too. Each hit is shown in its place. */
export function FindBar({ sessionId, onClose }: { sessionId: string; onClose: () => void }) {
  const t = useText()
  const navigate = useNavigate()
  const box = useRef<HTMLInputElement>(null)
  const [words, setWords] = useState('')
  // Who has more hits than fit on one page needs another word.
  const asked = { q: words, session_id: sessionId, order: 'position', limit: LONGEST_PAGE } as const
  const { hits, more, error, waiting } = useHits(asked)
  const [chosen, setChosen] = useState<string | null>(null)
  const place = hits.findIndex(({ id }) => id === chosen)

  const show = useEffectEvent((id: string) => {
    setChosen(id)
    navigate(`/c/${sessionId}?at=${id}`, { replace: true })
  })
  // Who reads at the end of a chat looks for what was said last.
  const newest = waiting ? undefined : hits.at(-1)?.id
  const stays = place >= 0
  useEffect(() => {
    if (newest !== undefined && !stays) show(newest)
  }, [newest, stays])

  useEffect(() => box.current?.focus(), [])

  function step(by: 1 | -1) {
    const next = hits[(Math.max(place, 0) + by + hits.length) % hits.length]
    if (next) show(next.id)
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Enter') step(event.shiftKey ? -1 : 1)
    else if (event.key === 'Escape') onClose()
    else return
    event.preventDefault()
  }

  return (
    <search
      aria-label={t('keys.find')}
      className="absolute end-3 top-14 z-20 flex max-w-[calc(100%-1.5rem)] animate-layer items-center gap-1 rounded-card border border-line bg-surface py-1 ps-3 pe-1 shadow-float"
      onKeyDown={onKeyDown}
    >
      <input
        ref={box}
        type="search"
        value={words}
        dir="auto"
        aria-label={t('keys.find')}
        placeholder={t('keys.find')}
        className="min-w-0 flex-1 bg-transparent outline-none placeholder:text-faint [&::-webkit-search-cancel-button]:hidden"
        onChange={(event) => setWords(event.target.value)}
      />
      <span role="status" className="whitespace-nowrap px-2 text-small text-soft">
        {error && !waiting
          ? t('search.failed')
          : place >= 0
            ? more
              ? t('search.placeOfMore', { n: place + 1, total: hits.length })
              : t('search.place', { n: place + 1, total: hits.length })
            : words.trim() !== '' && !waiting && t('search.notFound')}
      </span>
      <IconButton icon={ArrowUp} name={t('search.previous')} disabled={hits.length === 0} onClick={() => step(-1)} />
      <IconButton icon={ArrowDown} name={t('search.next')} disabled={hits.length === 0} onClick={() => step(1)} />
      <IconButton icon={X} name={t('search.close')} onClick={onClose} />
    </search>
  )
}
