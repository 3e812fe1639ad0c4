const DESCRIBES = ['aria-label', 'aria-invalid']
const FIELDS = 'uni-input, uni-textarea'

function handOver(field: Element) {
  const inner = field.querySelector('input, textarea')
  if (!inner) return
  for (const name of DESCRIBES) {
    const value = field.getAttribute(name)
    if (value === null) continue
    inner.setAttribute(name, value)
    field.removeAttribute(name)
  }
}

/**
 * In a browser uni-app draws its fields around the browser's own. What names a field has to stand on the inner one,
 * where the focus is: a screen reader says nothing of the outer one.
 */
export function labelBrowserInputs() {
  new MutationObserver((changes) => {
    for (const { target, addedNodes } of changes) {
      if (target instanceof Element && target.matches(FIELDS)) handOver(target)
      for (const node of addedNodes) {
        if (!(node instanceof Element)) continue
        if (node.matches(FIELDS)) handOver(node)
        node.querySelectorAll(FIELDS).forEach(handOver)
      }
    }
  }).observe(document.documentElement, { subtree: true, childList: true, attributes: true, attributeFilter: DESCRIBES })
}
