/** The host of a web address that may be opened; empty for anything else (scripts, files, nonsense). */
export function hostOf(address: string): string {
  return /^https?:\/\/(?:[^/?#@\s\\]*@)?([^/?#@\s\\]+)/i.exec(address.trim())?.[1] ?? ''
}

async function copy(address: string): Promise<boolean> {
  await uni.setClipboardData({ data: address, showToast: false })
  return true
}

function openTab(address: string): Promise<boolean> {
  window.open(address, '_blank', 'noopener,noreferrer')
  return Promise.resolve(false)
}

/** Leads out of the app; a mini-program may not, there the address is copied (true). */
let open: (address: string) => Promise<boolean> = copy
// #ifdef H5
open = openTab
// #endif
export function openOutside(address: string): Promise<boolean> {
  return hostOf(address) ? open(address.trim()) : Promise.resolve(false)
}
