/** How everything in the gallery is dressed; the address keeps it, so that a look can be shown to others. */

import { useLayoutEffect } from 'react'
import { useSearchParams } from 'react-router'
import { Choice } from '../src/shared/ui/choice'

const CHOICES = {
  theme: ['light', 'dark', 'contrast'],
  dir: ['ltr', 'rtl'],
  layout: ['manuscript', 'bubbles'],
  density: ['cosy', 'compact'],
  fontSize: ['medium', 'small', 'large'],
  storyFace: ['serif', 'interface'],
  motion: ['full', 'reduced'],
} as const

type Part = keyof typeof CHOICES

export function Dress() {
  const [search, setSearch] = useSearchParams()
  const chosen = (part: Part) => CHOICES[part].find((value) => value === search.get(part)) ?? CHOICES[part][0]

  useLayoutEffect(() => {
    const { dataset } = document.documentElement
    for (const part of parts()) {
      const value = chosen(part)
      if (part === 'dir') document.documentElement.dir = value
      else dataset[part] = value
    }
  })

  return (
    <form aria-label="Dress" className="flex flex-wrap gap-x-6 gap-y-3 border-line border-b pb-6 text-small">
      {parts().map((part) => (
        <Choice<string>
          key={part}
          label={part}
          value={chosen(part)}
          options={CHOICES[part].map((value) => ({ value, name: value }))}
          onChange={(value) => {
            search.set(part, value)
            setSearch(search, { replace: true })
          }}
        />
      ))}
    </form>
  )
}

function parts(): Part[] {
  return Object.keys(CHOICES) as Part[]
}
