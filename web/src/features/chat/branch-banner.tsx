import { GitBranch, X } from 'lucide-react'
import type { Message } from '../../shared/api/wire'
import { useText } from '../../shared/i18n/text'
import { plainText } from '../../shared/markdown/plain'
import { IconButton } from '../../shared/ui/button'

const LONGEST_QUOTE = 80

interface BranchBannerProps {
  /** Not there when nothing stands above, or nothing that is loaded. */
  after: Message | undefined
  onCancel: () => void
}

/** What is written next comes after an earlier message, beside what follows it now. */
export function BranchBanner({ after, onCancel }: BranchBannerProps) {
  const t = useText()
  return (
    <div className="mb-1 flex items-center gap-2 border-line border-b pb-1 text-small text-soft">
      <GitBranch size={15} aria-hidden />
      <p role="status" className="min-w-0 flex-1 truncate">
        {after ? t('chat.branching', { quote: quoteOf(after) }) : t('chat.branchingEarlier')}
      </p>
      <IconButton icon={X} name={t('chat.branchCancel')} onClick={onCancel} />
    </div>
  )
}

function quoteOf({ content }: Message): string {
  const words = plainText(content)
  return words.length > LONGEST_QUOTE ? `${words.slice(0, LONGEST_QUOTE).trimEnd()}…` : words
}
