// A stand-in for WeChat: what the built pages call of `wx`. It grows with what they use.

/** method + path → body, answered with 200; what is not there is answered as the platform would, with 404. */
export function wechat(answers) {
  const storage = new Map()
  const calls = []
  let waiting = 0
  const record = (name) => (options = {}) => {
    calls.push([name, options])
    options.success?.({})
    options.complete?.({})
  }
  const device = { platform: 'devtools', system: 'iOS 17', SDKVersion: '3.5.0', windowWidth: 390, windowHeight: 844, screenWidth: 390, statusBarHeight: 44, pixelRatio: 2, language: 'zh_CN', safeArea: { top: 44, bottom: 810, left: 0, right: 390, width: 390, height: 766 } }
  const wx = {
    canIUse: () => true,
    getSystemInfoSync: () => device,
    getWindowInfo: () => device,
    getDeviceInfo: () => device,
    getAppBaseInfo: () => device,
    getAccountInfoSync: () => ({ miniProgram: { appId: 'wx-mini', envVersion: 'develop' } }),
    login: ({ success }) => success({ code: 'login-code' }),
    getLaunchOptionsSync: () => ({ path: 'pages/sign-in', query: {}, scene: 1001 }),
    getEnterOptionsSync: () => ({ path: 'pages/sign-in', query: {}, scene: 1001 }),
    onAppShow: () => {},
    onAppHide: () => {},
    onNetworkStatusChange: () => {},
    getNetworkType: ({ success }) => success({ networkType: 'wifi' }),
    getStorageSync: (key) => storage.get(key) ?? '',
    setStorageSync: (key, value) => storage.set(key, value),
    setStorage: ({ key, data, success }) => (storage.set(key, data), success?.({})),
    removeStorageSync: (key) => storage.delete(key),
    request(options) {
      const path = options.url.split('?')[0]
      calls.push(['request', options])
      const task = { abort: () => {}, onChunkReceived: () => {}, onHeadersReceived: () => {} }
      if (path === '/api/live') return task // stays open
      const known = answers[`${options.method ?? 'GET'} ${path}`]
      const answer =
        known === undefined
          ? { statusCode: 404, data: { code: 'test.not_found', message: '没有找到', request_id: 'r' } }
          : { statusCode: 200, data: known }
      waiting += 1
      setTimeout(() => {
        waiting -= 1
        options.success?.({ header: {}, ...answer })
        options.complete?.({})
      })
      return task
    },
  }
  for (const name of ['navigateTo', 'navigateBack', 'redirectTo', 'reLaunch', 'switchTab', 'showToast', 'showModal', 'setNavigationBarTitle', 'pageScrollTo', 'hideKeyboard', 'vibrateShort', 'showLoading', 'hideLoading']) {
    wx[name] = record(name)
  }
  return { wx, storage, calls, waiting: () => waiting, last: (name) => calls.filter(([called]) => called === name).at(-1)?.[1] }
}
