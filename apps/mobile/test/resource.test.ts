import { mount } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { ApiError } from '@/api'
import { identity } from '@/api/identity'
import { announce } from '@/live/changes'
import { type Resource, usePages, useResource } from '@/live/resource'

const page = vi.hoisted(() => ({ show: () => {}, hide: () => {} }))
vi.mock('@dcloudio/uni-app', () => ({
  onShow: (then: () => void) => (page.show = then),
  onHide: (then: () => void) => (page.hide = then),
}))

function using<R>(use: () => R) {
  let made!: R
  const wrapper = mount({
    setup() {
      made = use()
      return () => null
    },
  })
  return { made, wrapper }
}
const settled = async () => {
  await nextTick()
  await new Promise((resolve) => setTimeout(resolve))
}

beforeEach(() => Object.assign(identity, { token: 't', forPerson: '', forName: '' }))

describe('useResource', () => {
  it('loads at once and again when its topic changes, only its own', async () => {
    const loader = vi.fn(async () => loader.mock.calls.length)
    const { made } = using(() => useResource('exams.results', loader))
    await settled()
    expect(made).toMatchObject({ data: 1, loading: false, error: undefined })
    announce('health.risks')
    announce('exams.results')
    await settled()
    expect(made.data).toBe(2)
    announce()
    await settled()
    expect(made.data).toBe(3)
  })

  it('waits while the page is hidden', async () => {
    const loader = vi.fn(async () => 1)
    using(() => useResource('exams.results', loader))
    await settled()
    page.hide()
    announce('exams.results')
    await settled()
    expect(loader).toHaveBeenCalledTimes(1)
    page.show()
    expect(loader).toHaveBeenCalledTimes(2)
  })

  it('keeps what is shown when a renewal fails, and says so', async () => {
    let fails = false
    const { made } = using(() =>
      useResource('a.b', async () => {
        if (fails) throw new ApiError(0, 'x', '没有网络')
        return 'old'
      }),
    )
    await settled()
    fails = true
    await made.reload()
    expect(made).toMatchObject({ data: 'old', offline: true })
    expect(made.error?.message).toBe('没有网络')
  })

  it('never shows one person the data of another, not even for a moment', async () => {
    let release: ((text: string) => void) | undefined
    const { made } = using(() => useResource<string>('a.b', () => new Promise((resolve) => (release = resolve))))
    const first = release!
    identity.forPerson = 'mother'
    await nextTick()
    release!('of mother')
    first('of mine, late')
    await settled()
    expect(made.data).toBe('of mother')
    identity.forPerson = ''
    await nextTick()
    expect(made.data).toBeUndefined()
  })

  it('waits for what it needs', async () => {
    const loader = vi.fn(async () => 1)
    const { shallowRef } = await import('vue')
    const id = shallowRef('')
    using(() => useResource('a.b', loader, () => id.value))
    await settled()
    expect(loader).not.toHaveBeenCalled()
    id.value = '7'
    await settled()
    expect(loader).toHaveBeenCalledOnce()
  })

  it('hears nothing after its page is gone', async () => {
    const loader = vi.fn(async () => 1)
    const { wrapper } = using((): Resource<number> => useResource('a.b', loader))
    await settled()
    wrapper.unmount()
    announce('a.b')
    expect(loader).toHaveBeenCalledOnce()
  })
})

describe('usePages', () => {
  it('appends pages and starts over when the list changed', async () => {
    const { made } = using(() =>
      usePages('a.b', async (cursor) => (cursor ? { items: [2], next: null } : { items: [1], next: 'c' })),
    )
    await settled()
    await made.more()
    await made.more()
    expect(made.data).toEqual({ items: [1, 2], next: null })
    announce('a.b')
    await settled()
    expect(made.data?.items).toEqual([1])
  })
})
