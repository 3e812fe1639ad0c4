/** Everything that can go wrong with a call, in one shape. `status` 0: the platform could not be reached at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly requestId = '',
    readonly fields: Readonly<Record<string, string>> = {},
  ) {
    super(message)
    this.name = 'ApiError'
  }

  get offline(): boolean {
    return this.status === 0
  }

  get forbidden(): boolean {
    return this.status === 403
  }

  get missing(): boolean {
    return this.status === 404
  }

  /** Trying again may help: no connection, or trouble on the server's side. */
  get passing(): boolean {
    return this.status === 0 || this.status >= 500
  }
}

const PROXY_TROUBLE = new Set([502, 503, 504])

/** The error that a refused answer tells of; the body is the platform's `{code, message, request_id, fields?}` or a proxy's page. */
export function errorOf(status: number, body: unknown, requestId = ''): ApiError {
  if (isRefusal(body)) {
    return new ApiError(status, body.code, body.message, body.request_id || requestId, body.fields ?? {})
  }
  const message = PROXY_TROUBLE.has(status) ? '平台暂时没有响应，请稍后重试' : `请求未能完成（${status}），请稍后重试`
  return new ApiError(status, `http.${status}`, message, requestId)
}

interface Refusal {
  code: string
  message: string
  request_id: string
  fields?: Record<string, string>
}

function isRefusal(body: unknown): body is Refusal {
  return typeof body === 'object' && body !== null && 'code' in body && 'message' in body
}

export function unreachable(): ApiError {
  return new ApiError(0, 'network.unreachable', '连接不到平台，请检查网络后重试')
}

/** What to tell a person of something that was thrown. */
export function told(error: unknown): string {
  return error instanceof ApiError ? error.message : '页面出现意外错误，请刷新后重试'
}
