import { ImageUp } from 'lucide-react'
import { useId } from 'react'
import { cx } from '../lib/class-names'
import { buttonClass } from './button'

interface PictureButtonProps {
  children: string
  onChoose: (file: File) => void
}

/** Lets the reader choose a picture of theirs. */
export function PictureButton({ children, onChoose }: PictureButtonProps) {
  const id = useId()
  return (
    <label
      htmlFor={id}
      className={cx(
        buttonClass('plain'),
        'cursor-pointer has-focus-visible:outline-2 has-focus-visible:outline-accent',
      )}
    >
      <ImageUp size={18} aria-hidden />
      {children}
      <input
        id={id}
        type="file"
        accept="image/*"
        className="sr-only"
        onChange={({ target }) => {
          const file = target.files?.[0]
          if (file) onChoose(file)
          // The same file can be chosen again.
          target.value = ''
        }}
      />
    </label>
  )
}
