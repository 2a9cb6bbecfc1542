import { beforeEach, describe, expect, it } from 'vitest'
import { TextBuffers } from './buffers'

/** A screen that paints when it is told to, and a clock that moves when it is told to. */
class HandStage {
  time = 0
  drawingTakes = 1
  /** How many frames were drawn because somebody asked for one. */
  framesAsked = 0
  #timers: { at: number; callback: () => void }[] = []
  #frames: (() => void)[] = []
  #drawn: (() => void)[] = []

  now = () => this.time
  after = (milliseconds: number, callback: () => void) =>
    void this.#timers.push({ at: this.time + milliseconds, callback })
  onFrame = (callback: () => void) => void this.#frames.push(callback)
  onDrawn = (callback: () => void) => void this.#drawn.push(callback)

  paint(atLeast = 1000 / 60): void {
    this.time += atLeast
    const due = this.#timers.filter(({ at }) => at <= this.time)
    this.#timers = this.#timers.filter(({ at }) => at > this.time)
    for (const { callback } of due) callback()
    this.framesAsked += this.#frames.length > 0 ? 1 : 0
    for (const callback of this.#frames.splice(0)) callback()
    this.draw()
  }

  draw(): void {
    if (this.#drawn.length > 0) this.time += this.drawingTakes
    for (const callback of this.#drawn.splice(0)) callback()
  }
}

let stage: HandStage
let buffers: TextBuffers
let redraws: (string | undefined)[]

beforeEach(() => {
  stage = new HandStage()
  buffers = new TextBuffers(stage)
  redraws = []
})

function watch(id = 'r1'): () => void {
  return buffers.subscribe(id, () => redraws.push(buffers.read(id)))
}

/** Push a growing text before each of `count` frames; return how often it was redrawn. */
function stream(count: number): number {
  const before = redraws.length
  let text = buffers.read('r1') ?? ''
  for (let i = 0; i < count; i++) {
    text += 'word '
    buffers.push('r1', text)
    stage.paint()
  }
  return redraws.length - before
}

describe('text buffers', () => {
  it('show the first text at once and the rest at the next flush', () => {
    watch()
    buffers.push('r1', 'Come')
    expect(redraws).toEqual(['Come'])

    stage.draw()
    stage.paint(100)
    buffers.push('r1', 'Come in')
    buffers.push('r1', 'Come in now')
    expect(redraws).toEqual(['Come'])
    stage.paint()
    expect(redraws).toEqual(['Come', 'Come in now'])
  })

  it('show the end at once, and nothing after it that was pushed before', () => {
    watch()
    buffers.push('r1', 'Come')
    buffers.push('r1', 'Come in')
    buffers.settle('r1', 'Come in.')
    stage.paint(1000)
    expect(redraws).toEqual(['Come', 'Come in.'])
  })

  it('tell only those who watch the message that changed', () => {
    watch('r2')
    buffers.push('r1', 'Come')
    expect(redraws).toEqual([])
    expect(buffers.read('r1')).toBe('Come')
  })

  it('tell nobody about the same text again, nor who stopped watching', () => {
    const stop = watch()
    buffers.settle('r1', 'Come')
    buffers.settle('r1', 'Come')
    stop()
    buffers.settle('r1', 'Come in')
    expect(redraws).toEqual(['Come'])
  })

  it('flush 30 times a second where drawing is cheap', () => {
    watch()
    buffers.push('r1', 'A ')
    stage.draw()
    const flushes = stream(600)
    const seconds = stage.time / 1000
    expect(flushes / seconds).toBeGreaterThan(18)
    expect(flushes / seconds).toBeLessThanOrEqual(30)
  })

  it('ask for no frame that shows nothing new', () => {
    watch()
    stage.drawingTakes = 25
    buffers.push('r1', 'A ')
    stage.draw()
    stream(20)
    const before = stage.framesAsked
    const flushes = stream(200)
    expect(stage.framesAsked - before).toBe(flushes)
  })

  it('leave a slow machine three fifths of its time, but flush 8 times a second', () => {
    watch()
    stage.drawingTakes = 25
    buffers.push('r1', 'A ')
    stage.draw()
    stream(20)
    let [from, flushes] = [stage.time, stream(200)]
    expect((flushes * 25) / (stage.time - from)).toBeLessThanOrEqual(0.4)

    stage.drawingTakes = 500
    stream(20)
    ;[from, flushes] = [stage.time, stream(200)]
    expect(flushes / ((stage.time - from) / 1000)).toBeGreaterThan(1)
    expect((stage.time - from) / flushes).toBeLessThan(500 + 125 + 2 * (1000 / 60))
  })

  it('catch up with one flush when a hidden tab is seen again', () => {
    watch()
    buffers.push('r1', 'A')
    for (let i = 0; i < 500; i++) buffers.push('r1', 'A'.repeat(i + 2))
    expect(redraws).toHaveLength(1)
    stage.paint(60_000)
    expect(redraws).toEqual(['A', 'A'.repeat(501)])
  })

  it('forget a message with what waits for it', () => {
    watch()
    buffers.push('r1', 'Come')
    buffers.push('r1', 'Come in')
    buffers.forget('r1')
    stage.paint(1000)
    expect(redraws).toEqual(['Come', undefined])
  })
})
