/** Sizes for elements, which jsdom does not lay out: enough for a virtual list to draw its rows. */

import { afterEach, beforeEach, vi } from 'vitest'

const BOX_PX = 800
const ROW_PX = 60

class NothingChanges implements ResizeObserver {
  observe() {}
  unobserve() {}
  disconnect() {}
}

/** In every test of this file boxes are as high as a page, and the rows of lists as rows. */
export function withLayout(): void {
  beforeEach(() => {
    vi.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockImplementation(function (this: HTMLElement) {
      return this.dataset.index === undefined ? BOX_PX : ROW_PX
    })
    vi.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(BOX_PX)
    vi.spyOn(HTMLElement.prototype, 'offsetWidth', 'get').mockReturnValue(BOX_PX)
    vi.stubGlobal('ResizeObserver', NothingChanges)
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })
}
