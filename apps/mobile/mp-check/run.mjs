// Runs the built pages in the official component framework (exparser, by miniprogram-simulate) and taps them. What it
// cannot prove: layout (no WXSS), real WeChat sign-in, a real network.
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { JSDOM } from 'jsdom'
import { app as appJson, BUILD, failed } from './build.mjs'
import { wechat } from './wechat.mjs'

const PERSON = '0190-person'
const ANSWERS = {
  'POST /api/session/login': { token: 't', session_id: 's', account_id: 'a', expires_at: '2030-01-01T00:00:00Z' },
  'GET /api/session/wechat/accounts': [
    { id: 'w', kind: 'official', appid: 'wx-official', name: '公众号' },
    { id: 'wm', kind: 'mini_program', appid: 'wx-mini', name: '小程序' },
  ],
  'POST /api/session/wechat/mini-program': { session: null, offer: 'offer-1' },
  'POST /api/session/wechat/mini-program/phone': { session: { token: 'w', session_id: 's', account_id: 'a', expires_at: '2030-01-01T00:00:00Z' }, offer: null },
  'GET /api/session/me': { account_id: 'a', kind: 'customer', display_name: '张建国', person_id: PERSON, permissions: {} },
  'GET /api/patient/people/me': { id: PERSON, name: '张建国', sex: '1', birth_date: '1968-03-15' },
  'GET /api/patient/people/family': [{ id: 'f', person_id: 'm', name: '李秀英', relation: 'spouse' }],
  'GET /api/patient/exchange/bindings': [{ vendor_id: 'v', exam_account: 'E1', new_account: false, hint: '' }],
  'GET /api/patient/forms': [{ code: 'q', kind: 'questionnaire', title: '健康自测问卷', version: 1, completed_at: '2026-11-01T00:00:00Z' }],
  'GET /api/patient/health/checklist': null,
  'GET /api/patient/exams/bookings': { items: [], next: null },
  'GET /api/patient/exams/results': { items: [], next: null },
  'GET /api/patient/health/findings': { items: [], next: null },
  'GET /api/patient/health/monitoring': [
    { item_code: 'glu', item_name: '空腹血糖', raw_value: '7.8', raw_unit: 'mmol/L', flag: 'H', performed_at: '2026-11-01T00:00:00Z' },
  ],
  'GET /api/patient/health/risks': [
    { model: 'bmi', title: '体重指数', status: 'computed', value: 26.9, unit: 'kg/m2', level: 'overweight', level_label: '超重', advice: null, missing: [], reason: null, notes: [], details: {}, inputs: [], assessed_at: '2026-11-01T00:00:00Z' },
  ],
  'GET /api/patient/notices': {
    items: [{ id: 'n', template_code: 'report_received', subject: 'exams.bookings/b', title: '体检报告已送达', body: '请点开查看', created_at: '2026-11-01T00:00:00Z', read_at: null }],
    next: null,
  },
  'GET /api/patient/notices/unread-count': { unread: 3 },
}

// Outside the app's folder, whose package.json would make ES modules of the built CommonJS.
const root = mkdtempSync(path.join(tmpdir(), 'mp-run-'))
process.on('exit', () => rmSync(root, { recursive: true, force: true }))
cpSync(BUILD, root, { recursive: true })
writeFileSync(path.join(root, 'package.json'), '{ "type": "commonjs" }')
const require = createRequire(path.join(import.meta.dirname, 'run.mjs'))

const { window } = new JSDOM('<body></body>', { url: 'http://localhost/', pretendToBeVisual: true })
for (const name of ['document', 'Event', 'CustomEvent', 'Node', 'Element', 'HTMLElement', 'MutationObserver', 'requestAnimationFrame']) {
  globalThis[name] = window[name]
}
globalThis.window = window
// exparser swallows what a page throws and prints it.
const faults = []
console.error = (...what) => faults.push(what.map((one) => one?.stack ?? String(one)).join(' '))
console.warn = () => {}
process.on('unhandledRejection', (reason) => faults.push(reason?.stack ?? String(reason)))

const simulate = require('miniprogram-simulate')
const { wx, storage, calls, waiting, last } = wechat(ANSWERS)
globalThis.wx = window.wx = wx
let app
globalThis.App = (options) => (app = options)
globalThis.getApp = () => app
const pages = []
globalThis.getCurrentPages = () => pages
globalThis.Page = (options) => globalThis.Component(options)

require(path.join(root, 'app.js'))
app.onLaunch({ path: 'pages/sign-in', query: {} })
app.onShow({ path: 'pages/sign-in', query: {} })

/** All requests answered and what follows from them shown. */
async function settled() {
  do await new Promise((resolve) => setTimeout(resolve, 80))
  while (waiting() > 0)
}

async function open(route, query = {}) {
  const id = simulate.load(path.join(root, route), { rootPath: root, compiler: 'official' })
  const page = simulate.render(id)
  const parent = document.createElement('div')
  document.body.append(parent)
  page.attach(parent)
  Object.assign(page.instance, { route, options: query })
  pages.splice(0, pages.length, page.instance)
  page.instance.onLoad?.(query)
  page.instance.onShow?.()
  page.instance.onReady?.()
  await settled()
  return { page, text: () => parent.textContent.replace(/\s+/g, ' '), parent }
}

/** The elements with this class; the framework puts the component's name in front of classes. */
function all(parent, name) {
  return [...parent.querySelectorAll('*')].filter((node) => [...node.classList].some((one) => one === name || one.endsWith(`--${name}`)))
}

async function trigger(parent, name, text, event, detail = {}) {
  const found = all(parent, name).find((node) => node.textContent.includes(text))
  assert.ok(found, `there is no ${name} with “${text}”`)
  found.__wxElement.triggerEvent(event, detail, { bubbles: true, composed: true })
  await settled()
}
const tap = (parent, name, text = '') => trigger(parent, name, text, 'tap')

async function type(parent, index, value) {
  all(parent, 'field__input')[index].__wxElement.triggerEvent('input', { value }, { bubbles: true })
  await settled()
}

async function signsIn() {
  const before = calls.length
  const { parent, text } = await open('pages/sign-in')
  await tap(parent, 'big-action', '登录')
  assert.match(text(), /请输入手机号或用户名.*请输入密码/)
  await type(parent, 0, 'demo-zhang')
  await type(parent, 1, 'secret')
  await tap(parent, 'big-action', '登录')
  const sent = calls.find(([name, options]) => name === 'request' && options.url === '/api/session/login')?.[1]
  assert.deepEqual(sent?.data, { login: 'demo-zhang', password: 'secret', code: undefined })
  assert.equal(last('switchTab')?.url, '/pages/home')
  assert.equal(storage.get('kanghu.identity').token, 't')
  assert.equal(calls.slice(before).filter(([, options]) => options.url === '/api/live').length, 1)
}

/** By WeChat, whose word is new to the platform, and then by the phone number that WeChat knows. */
async function signsInByWechat() {
  const { parent, text } = await open('pages/sign-in')
  await tap(parent, 'big-action', '微信登录')
  const sent = (url) => calls.find(([name, options]) => name === 'request' && options.url === url)?.[1].data
  assert.deepEqual(sent('/api/session/wechat/mini-program'), { account_id: 'wm', code: 'login-code' })
  assert.match(text(), /登录后会绑定您的微信/)
  await trigger(parent, 'wechat__phone', '手机号快捷登录', 'getphonenumber', { errMsg: 'getPhoneNumber:fail user deny' })
  assert.match(text(), /您没有同意使用手机号/)
  await trigger(parent, 'wechat__phone', '手机号快捷登录', 'getphonenumber', { code: 'phone-code' })
  assert.deepEqual(sent('/api/session/wechat/mini-program/phone'), { offer: 'offer-1', code: 'phone-code' })
  assert.equal(storage.get('kanghu.identity').token, 'w')
  assert.equal(last('switchTab')?.url, '/pages/home')
}

async function seesWhatToDoNow() {
  const { parent, text } = await open('pages/home')
  assert.match(text(), /张建国，您好.*预约体检.*空腹血糖.*↑ 偏高/)
  await tap(parent, 'big-action', '去预约')
  assert.equal(last('navigateTo')?.url, '/pkg-exam/booking')
  await tap(parent, 'people__one', '李秀英')
  const asked = calls.filter(([name, options]) => name === 'request' && options.url === '/api/patient/health/monitoring')
  assert.equal(asked[asked.length - 1][1].header['X-For-Person'], 'm')
  assert.match(text(), /李秀英，您好/)
  await tap(parent, 'people__one', '张建国')
  await tap(parent, 'elder-switch', '长者模式')
  assert.equal(all(parent, 'page-root')[0].className.includes('elder'), true)
  assert.equal(storage.get('kanghu.elder'), true)
  await tap(parent, 'elder-switch', '标准模式')
}

async function readsANotice() {
  const { parent, text } = await open('pages/notices')
  assert.match(text(), /体检报告已送达/)
  await tap(parent, 'notice__head', '体检报告已送达')
  assert.equal(last('navigateTo')?.url, '/pkg-health/report?booking=b')
}

/** Every page can be rendered, whatever its requests are answered (a skeleton has no text). */
async function everyPageShows() {
  const routes = [...appJson.pages, ...(appJson.subPackages ?? []).flatMap((part) => part.pages.map((page) => `${part.root}/${page}`))]
  for (const route of routes) {
    const { parent } = await open(route, { booking: 'b', item: 'glu', code: 'q', kind: 'privacy' })
    assert.equal(all(parent, 'page-root').length, 1, `${route} is not there`)
  }
  return routes.length
}

let shown = 0
try {
  await signsInByWechat()
  await signsIn()
  await seesWhatToDoNow()
  await readsANotice()
  shown = await everyPageShows()
} catch (error) {
  failed([error.stack, ...faults].join('\n'))
}
if (faults.length > 0) failed(faults.join('\n'))
console.log(`miniprogram-simulate: ${shown} pages shown; signed in by WeChat and by password, tapped the next action, the family, 长者模式, a notice`)
process.exit(0) // timers of the live connection would go on
