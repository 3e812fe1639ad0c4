// The phone asks for its own page again and takes over what changed: all that is shown is written by the server.
const phone = document.getElementById('phone'), fan = phone.dataset.control
const notice = document.getElementById('notice'), chat = () => document.getElementById('chat')

function tell(text) {
  notice.textContent = text
  notice.hidden = !text
  clearTimeout(tell.timer)
  tell.timer = setTimeout(() => { notice.hidden = true }, 6000)
}

function toEnd() { chat().scrollTop = chat().scrollHeight }

// What the server last wrote, not what stands there: an open menu must stay open.
const written = {}
for (const id of ['chat', 'menus', 'title']) written[id] = document.getElementById(id).innerHTML

async function refresh() {
  const answer = await fetch(location.href)
  if (!answer.ok) return
  const next = new DOMParser().parseFromString(await answer.text(), 'text/html')
  if (next.getElementById('phone').dataset.layout !== phone.dataset.layout) return location.reload()
  for (const id in written) {
    const then = next.getElementById(id).innerHTML
    if (written[id] === then) continue
    document.getElementById(id).innerHTML = written[id] = then
    if (id === 'chat') toEnd()
  }
}

async function act(path, body, raw) {
  const how = { method: 'POST', body: raw ?? JSON.stringify(body ?? {}) }
  if (!raw) how.headers = { 'Content-Type': 'application/json' }
  try {
    const answer = await fetch(fan + path, how), told = await answer.json()
    if (!answer.ok) { tell(typeof told.detail === 'string' ? told.detail : '没有办成'); return null }
    if (told.delivery?.problem) tell('公众号的服务器：' + told.delivery.problem)
    return told
  } catch {
    tell('连接断了，请重试')
    return null
  } finally {
    await refresh()
  }
}

function visit(url) { window.open('?open=' + encodeURIComponent(url), '_blank') }

const deeds = {
  follow: () => act('/follow'),
  unfollow: () => confirm('不再关注？') && act('/unfollow'),
  scan: () => { const ticket = prompt('二维码的 ticket 或网址'); if (ticket) act('/scan', { ticket }) },
  location: () => {
    const label = prompt('位置名称', '广州市越秀区中山二路')
    if (label) act('/location', { latitude: 23.1291, longitude: 113.2853, label })
  },
  silence: async () => {
    const recording = await (await fetch('../silence.amr')).blob()
    act('/files/voice', null, recording)
  },
  page: (button) => { const url = prompt('网址', button.dataset.url); if (url) visit(url) },
  mini: async () => {
    const login = await act('/mini-login'), number = await act('/phone-code')
    if (login && number) prompt('wx.login 的 js_code；手机号的 code', login.code + '；' + number.code)
  },
  face: () => {
    const verify_ret = prompt('小程序里等待的人脸核身怎样结束：10000 成功，10004 与证件照不符，90004 用户取消', '10000')
    if (verify_ret) act('/face', { verify_ret: Number(verify_ret) })
  },
  more: () => { const more = document.getElementById('more'); more.hidden = !more.hidden; toEnd() },
  keyboard: () => {
    const menus = document.getElementById('menus'), say = document.getElementById('say')
    menus.hidden = !menus.hidden
    say.hidden = !menus.hidden
    if (!say.hidden) say.elements.content.focus()
  },
  below: (button) => {
    const group = button.parentElement, wasOpen = group.classList.contains('open')
    document.querySelectorAll('.menu.open').forEach(one => one.classList.remove('open'))
    group.classList.toggle('open', !wasOpen)
  },
  press: async (button) => {
    document.querySelectorAll('.menu.open').forEach(one => one.classList.remove('open'))
    const result = button.dataset.asks ? prompt(button.dataset.asks) : ''
    if (result === null) return
    if (button.dataset.url) visit(button.dataset.url)
    act('/menu', { place: JSON.parse(button.dataset.place), result })
  },
  choose: (button) => act('/choose', { id: button.dataset.id, content: button.textContent }),
}

document.addEventListener('click', event => {
  const button = event.target.closest('[data-do]')
  if (button) deeds[button.dataset.do](button)
})
document.addEventListener('change', event => {
  const kind = event.target.dataset.file
  if (kind && event.target.files[0]) act('/files/' + kind, null, event.target.files[0]).then(() => { event.target.value = '' })
})
document.getElementById('say').addEventListener('submit', event => {
  event.preventDefault()
  const box = event.target.elements.content, content = box.value
  if (!content) return
  box.value = ''
  act('/say', { content })
})
toEnd()
setInterval(refresh, 1500)
