// SPDX-License-Identifier: Apache-2.0
// The parts that every page is made of.
import type { ComponentChildren, JSX } from 'preact'
import { createContext } from 'preact'
import { useCallback, useContext, useEffect, useId, useRef, useState } from 'preact/hooks'
import { ApiError } from './api'

// ---- places: paths below /ui/

export const Place = createContext('/')

/** Goes to a place without loading the document again. */
export function go (to: string) {
  history.pushState(null, '', `/ui${to}`)
  dispatchEvent(new PopStateEvent('popstate'))
  scrollTo(0, 0)
}

export function usePlace () { return useContext(Place) }

export function Link ({ to, children, class: c, current }: { to: string, children: ComponentChildren, class?: string, current?: boolean }) {
  return (
    <a href={`/ui${to}`} class={c} aria-current={current ? 'page' : undefined} onClick={e => {
      if (e.metaKey || e.ctrlKey || e.shiftKey || e.button) return
      e.preventDefault()
      go(to)
    }}>{children}</a>
  )
}

// ---- loading

export interface Loaded<T> { data?: T, error?: Error, busy: boolean, reload: () => Promise<void>, set: (v: T) => void }

/** What fn gives, again whenever deps change; every: and again after that many milliseconds. */
export function useLoad<T> (fn: () => Promise<T>, deps: unknown[], every = 0): Loaded<T> {
  const [state, put] = useState<{ data?: T, error?: Error, busy: boolean }>({ busy: true })
  const turn = useRef(0)
  const load = useCallback(async () => {
    const mine = ++turn.current
    try {
      const data = await fn()
      if (mine === turn.current) put({ data, busy: false })
    } catch (e) {
      if (mine === turn.current) put(s => ({ data: s.data, error: e as Error, busy: false }))
    }
  }, deps)
  useEffect(() => {
    put({ busy: true })
    load()
    if (!every) return () => { turn.current++ }
    const t = setInterval(() => { if (!document.hidden) load() }, every)
    return () => { turn.current++; clearInterval(t) }
  }, [load])
  return { ...state, reload: load, set: data => put({ data, busy: false }) }
}

/** Shows what was loaded, or why not. */
export function Show<T> ({ of, children }: { of: Loaded<T>, children: (data: T) => ComponentChildren }) {
  if (of.data !== undefined) return <>{of.error && <Problem error={of.error} />}{children(of.data)}</>
  if (of.error) return <Problem error={of.error} retry={of.reload} />
  return <p class="quiet" role="status">Loading …</p>
}

export function Problem ({ error, retry }: { error: Error, retry?: () => void }) {
  return (
    <div class="note bad" role="alert">
      <p>{error.message}</p>
      {retry && <button type="button" onClick={retry}>Try again</button>}
    </div>
  )
}

// ---- saying that something happened

interface Said { id: number, text: string, bad: boolean }
const listeners = new Set<(s: Said) => void>()
let saidN = 0

export function say (text: string, bad = false) { for (const l of listeners) l({ id: ++saidN, text, bad }) }

/** Does something and says how it went; true when it went well. */
export async function act (what: () => Promise<{ messages?: { message: string }[] } | unknown>, done: string): Promise<boolean> {
  try {
    const a = await what() as { messages?: { message: string }[] } | undefined
    say(done)
    for (const m of a?.messages ?? []) say(m.message)
    return true
  } catch (e) {
    say((e as Error).message, true)
    return false
  }
}

export function Toasts () {
  const [list, put] = useState<Said[]>([])
  useEffect(() => {
    const l = (s: Said) => {
      put(x => [...x.slice(-3), s])
      setTimeout(() => put(x => x.filter(y => y.id !== s.id)), s.bad ? 12000 : 6000)
    }
    listeners.add(l)
    return () => { listeners.delete(l) }
  }, [])
  return (
    <div class="toasts" role="status" aria-live="polite">
      {list.map(s => (
        <div key={s.id} class={s.bad ? 'toast bad' : 'toast'}>
          <span>{s.text}</span>
          <button type="button" class="plain" aria-label="Dismiss" onClick={() => put(x => x.filter(y => y.id !== s.id))}>×</button>
        </div>
      ))}
    </div>
  )
}

// ---- forms

export function Field ({ label, hint, error, children, wide }: { label: string, hint?: ComponentChildren, error?: string, wide?: boolean, children: (p: { id: string, 'aria-describedby'?: string, 'aria-invalid'?: boolean }) => ComponentChildren }) {
  const id = useId()
  return (
    <div class={`field${wide ? ' wide' : ''}`}>
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': hint || error ? `${id}-h` : undefined, 'aria-invalid': error ? true : undefined })}
      {(error || hint) && <small id={`${id}-h`} class={error ? 'bad' : ''}>{error ?? hint}</small>}
    </div>
  )
}

export function Text ({ label, value, set, hint, error, wide, ...more }: { label: string, value: string, set: (v: string) => void, hint?: ComponentChildren, error?: string, wide?: boolean } & Omit<JSX.InputHTMLAttributes<HTMLInputElement>, 'label' | 'value'>) {
  return (
    <Field label={label} hint={hint} error={error} wide={wide}>
      {p => <input type="text" autocomplete="off" spellcheck={false} {...more} {...p} value={value} onInput={e => set(e.currentTarget.value)} />}
    </Field>
  )
}

export function Choice ({ label, value, set, of, hint, disabled }: { label: string, value: string, set: (v: string) => void, of: (string | [string, string])[], hint?: ComponentChildren, disabled?: boolean }) {
  return (
    <Field label={label} hint={hint}>
      {p => (
        <select {...p} value={value} disabled={disabled} onChange={e => set(e.currentTarget.value)}>
          {of.map(o => { const [v, t] = typeof o === 'string' ? [o, o] : o; return <option key={v} value={v}>{t}</option> })}
        </select>
      )}
    </Field>
  )
}

/** A switch with its name; the state is told to screen readers as that of a switch. */
export function Switch ({ on, set, label, hide, disabled, kind }: { on: boolean, set: (on: boolean) => void, label: string, hide?: boolean, disabled?: boolean, kind?: string }) {
  return (
    <button type="button" role="switch" aria-checked={on} aria-label={hide ? label : undefined} disabled={disabled} class={`switch ${kind ?? ''}`} onClick={() => set(!on)}>
      <span class="track" aria-hidden="true"><span class="knob" /></span>
      {!hide && <span>{label}</span>}
    </button>
  )
}

/** A form whose button is out of use while it is sent; what is refused is shown at its fields or above. */
export function Form ({ send, button, children, danger }: { send: () => Promise<void>, button: string, danger?: boolean, children: (about: (pointer: string) => string | undefined) => ComponentChildren }) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<Error | null>(null)
  const shown = new Set<string>()
  const about = (pointer: string) => {
    const text = error instanceof ApiError ? error.about(pointer) : undefined
    if (text) shown.add(text)
    return text
  }
  const parts = children(about)
  return (
    <form noValidate onSubmit={async e => {
      e.preventDefault()
      setBusy(true)
      setError(null)
      try { await send() } catch (x) { setError(x as Error) }
      setBusy(false)
    }}>
      <div class="fields">{parts}</div>
      {error && !shown.has(error.message) && <Problem error={error} />}
      <div class="actions"><button type="submit" class={danger ? 'danger' : 'primary'} disabled={busy}>{button}</button></div>
    </form>
  )
}

export function Dialog ({ title, close, children }: { title: string, close: () => void, children: ComponentChildren }) {
  const ref = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => { ref.current?.showModal() }, [])
  return (
    <dialog ref={ref} aria-labelledby={id} onClose={close} onClick={e => { if (e.target === ref.current) close() }}>
      <header><h2 id={id}>{title}</h2><button type="button" class="plain" aria-label="Close" onClick={close}>×</button></header>
      {children}
    </dialog>
  )
}

/** A button that asks before it does something that cannot be taken back. */
export function Sure ({ label, question, does, button }: { label: string, question: ComponentChildren, does: () => Promise<unknown>, button: string }) {
  const [open, set] = useState(false)
  return (
    <>
      <button type="button" class="danger" onClick={() => set(true)}>{label}</button>
      {open && (
        <Dialog title={label} close={() => set(false)}>
          <Form button={button} danger send={async () => { await does(); set(false) }}>{() => <p>{question}</p>}</Form>
        </Dialog>
      )}
    </>
  )
}

// ---- showing

export function Status ({ kind, children }: { kind: 'good' | 'warn' | 'bad' | 'calm', children: ComponentChildren }) {
  return <span class={`status ${kind}`}>{children}</span>
}

export function Copy ({ text }: { text: string }) {
  return (
    <span class="copy">
      <code>{text}</code>
      <button type="button" onClick={async () => { try { await navigator.clipboard.writeText(text); say('Copied.') } catch { say('The browser did not allow it; select the text and copy it.', true) } }} aria-label={`Copy ${text}`}>Copy</button>
    </span>
  )
}

export function Card ({ title, more, children, id }: { title?: string, more?: ComponentChildren, children: ComponentChildren, id?: string }) {
  return (
    <section class="card" id={id}>
      {(title || more) && <header>{title && <h2>{title}</h2>}{more}</header>}
      {children}
    </section>
  )
}

/** A table that scrolls by itself on a phone. */
export function Table ({ heads, children, label }: { heads: string[], children: ComponentChildren, label: string }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead><tr>{heads.map((h, i) => <th key={i} scope="col">{h || <span class="unseen">Actions</span>}</th>)}</tr></thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  )
}

export function Empty ({ children }: { children: ComponentChildren }) { return <p class="empty">{children}</p> }

const ago = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

/** A time as people say it, with the exact one at hand. */
export function When ({ at }: { at?: string | number | null }) {
  if (!at) return <span class="quiet">–</span>
  const d = new Date(at)
  const s = (d.getTime() - Date.now()) / 1000
  const [n, unit] = Math.abs(s) < 90 ? [s, 'second'] : Math.abs(s) < 5400 ? [s / 60, 'minute'] : Math.abs(s) < 129600 ? [s / 3600, 'hour'] : [s / 86400, 'day']
  return <time dateTime={d.toISOString()} title={d.toLocaleString()}>{ago.format(Math.round(n as number), unit as Intl.RelativeTimeFormatUnit)}</time>
}

export function number (n: number): string { return n.toLocaleString('en') }

export function bytes (n: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB']
  let i = 0
  while (n >= 1000 && i < units.length - 1) { n /= 1000; i++ }
  return `${i ? n.toFixed(n < 10 ? 1 : 0) : n} ${units[i]}`
}
