/** What went wrong, in words that a person can act on. `status` 0: no answer came. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** Input → what is wrong with it. */
    readonly fields: Record<string, string> = {},
    readonly requestId = '',
  ) {
    super(message)
  }

  get offline() {
    return this.status === 0
  }
}

export function unreachable(): ApiError {
  return new ApiError(0, 'mobile.unreachable', '没有连上网络，请检查网络后重试')
}

/** The error of an answer that is not 2xx; a proxy in between may have answered without our body. */
export function errorOf(status: number, body: unknown): ApiError {
  const given = (typeof body === 'object' && body !== null ? body : {}) as {
    code?: string
    message?: string
    fields?: Record<string, string>
    request_id?: string
  }
  return new ApiError(
    status,
    given.code ?? `mobile.status_${status}`,
    given.message ?? '服务暂时没有响应，请稍后重试',
    given.fields,
    given.request_id,
  )
}

/** Any thrown thing as an ApiError, for pages that catch what an action threw. */
export function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown
  console.error(thrown)
  return new ApiError(-1, 'mobile.fault', '程序出了问题，请退出后重新打开')
}
