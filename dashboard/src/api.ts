// SPDX-License-Identifier: Apache-2.0
// The API as the dashboard uses it: the same one as everybody's, with the session in a cookie that scripts cannot read.

export interface ApiProblem { code?: number, message: string, source?: { pointer?: string } }

/** What a call was refused with: every sentence of the answer, and which member each is about. */
export class ApiError extends Error {
  constructor (public status: number, public problems: ApiProblem[]) {
    super(problems.map(p => p.message).join(' '))
  }

  /** The sentence about a member of the body ("/name"), if there is one. */
  about (pointer: string): string | undefined {
    return this.problems.find(p => p.source?.pointer === pointer)?.message
  }
}

export interface Answer<T> { result: T, messages: { message: string }[], info: { total_count?: number, total_pages?: number, live?: { edges: number, ms: number } } }

export interface Session { id: string, name: string, admin: boolean, person: boolean, account: { id: string, name: string }, csrf: string, node: string }

let csrf = ''
let onOver: () => void = () => {}

/** fn is called when the session has ended. */
export function whenOver (fn: () => void) { onOver = fn }

async function send (method: string, path: string, body?: unknown, type = 'application/json'): Promise<Response> {
  const headers: Record<string, string> = {}
  if (method !== 'GET') headers['Seawall-CSRF'] = csrf
  if (body !== undefined) headers['Content-Type'] = type
  return await fetch(path, {
    method, headers, credentials: 'same-origin', cache: 'no-store',
    body: body === undefined ? undefined : type === 'application/json' ? JSON.stringify(body) : body as string
  }).catch(() => { throw new ApiError(0, [{ message: 'The node does not answer. Is it running, and reachable from here?' }]) })
}

async function json (r: Response): Promise<any> {
  const text = await r.text()
  if (!text) return {}
  try { return JSON.parse(text) } catch { throw new ApiError(r.status, [{ message: `The node answered ${r.status} with something that is no JSON.` }]) }
}

/** A call of the edge's API (below /client/v4/). Throws ApiError. */
export async function cf<T = any> (method: string, path: string, body?: unknown): Promise<Answer<T>> {
  return await answer<T>(await send(method, `/client/v4/${path}`, body), path)
}

/** The same with a body that is not JSON. */
export async function cfRaw<T = any> (method: string, path: string, body: string, type: string): Promise<Answer<T>> {
  return await answer<T>(await send(method, `/client/v4/${path}`, body, type), path)
}

async function answer<T> (r: Response, path: string): Promise<Answer<T>> {
  const a = await json(r)
  if (!r.ok || !a.success) {
    const problems: ApiProblem[] = a.errors?.length ? a.errors : [{ message: `The node answered ${r.status}.` }]
    if (r.status === 403 && problems.some(p => p.code === 9109) && !path.startsWith('seawall/session')) onOver()
    throw new ApiError(r.status, problems)
  }
  return { result: a.result, messages: a.messages ?? [], info: a.result_info ?? {} }
}

/** Every element of a list, page after page; at most `most`. */
export async function all<T = any> (path: string, most = 5000): Promise<T[]> {
  const list: T[] = []
  for (let page = 1; list.length < most; page++) {
    const a = await cf<T[]>('GET', `${path}${path.includes('?') ? '&' : '?'}page=${page}&per_page=${path.includes('dns_records') ? 500 : 50}`)
    list.push(...a.result)
    if (page >= (a.info.total_pages ?? 1) || a.result.length === 0) break
  }
  return list
}

/** A call of the platform's API (below /v1/). Throws ApiError. */
export async function v1<T = any> (method: string, path: string, body?: unknown): Promise<T> {
  const r = await send(method, `/v1/${path}`, body)
  const a = await json(r)
  if (r.ok) return a
  if (r.status === 401) onOver()
  const fields: Record<string, string[]> = a.errors ?? {}
  const problems = Object.entries(fields).map(([k, v]) => ({ message: `${k}: ${v.join(', ')}`, source: { pointer: `/${k}` } }))
  throw new ApiError(r.status, problems.length ? problems : [{ message: a.error ?? `The node answered ${r.status}.` }])
}

/** Who is signed in; null: nobody. */
export async function who (): Promise<Session | null> {
  try {
    const s = (await cf<Session>('GET', 'seawall/session')).result
    csrf = s.csrf
    return s
  } catch (e) {
    if (e instanceof ApiError && e.status >= 400 && e.status < 500) return null
    throw e
  }
}

export async function signIn (body: Record<string, string>): Promise<Session> {
  const s = (await cf<Session>('POST', 'seawall/session', body)).result
  csrf = s.csrf
  return s
}

export async function signOut (): Promise<void> {
  await cf('DELETE', 'seawall/session')
  csrf = ''
}
