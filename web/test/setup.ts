import '@testing-library/jest-dom/vitest'
import { cleanup, configure } from '@testing-library/react'
import { afterEach, beforeAll } from 'vitest'
import { loadMenus } from '../src/shared/ui/menu'
import { loadNotices } from '../src/shared/ui/toaster'

// No promise: a busy machine takes its time.
configure({ asyncUtilTimeout: 20_000 })

// As after the first paint.
beforeAll(() => Promise.all([loadMenus(), loadNotices()]))

afterEach(() => {
  cleanup()
  localStorage.clear()
})

// jsdom has no media and captures no pointer; pages and their components ask for both.
window.matchMedia = (media) => Object.assign(new EventTarget(), { matches: false, media }) as MediaQueryList
Element.prototype.hasPointerCapture = () => false
