// SPDX-License-Identifier: Apache-2.0
// The dashboard: who is signed in, where we are, and the frame around each page.
import { render } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { type Session, signOut, whenOver, who } from './api'
import { Link, Place, Problem, Toasts, act } from './ui'
import { Account } from './pages/account'
import { App } from './pages/app'
import { Apps } from './pages/apps'
import { SignIn } from './pages/signin'
import { Zone } from './pages/zone'
import { Zones } from './pages/zones'
import './style.css'

const THEME = 'seawall-theme'

function place (): string { return location.pathname.replace(/^\/ui/, '').replace(/(.)\/$/, '$1') || '/' }

function Theme () {
  const [theme, set] = useState(() => localStorage.getItem(THEME) ?? 'auto')
  useEffect(() => {
    document.documentElement.dataset.theme = theme
    localStorage.setItem(THEME, theme)
  }, [theme])
  return (
    <label class="theme"><span class="unseen">Colours</span>
      <select value={theme} onChange={e => set(e.currentTarget.value)}>
        <option value="auto">Auto</option><option value="light">Light</option><option value="dark">Dark</option>
      </select>
    </label>
  )
}

/** A part of the path as text; as it stands when its escapes are malformed: then it names nothing that there is. */
function part (s: string): string {
  try { return decodeURIComponent(s) } catch { return s }
}

function Page ({ at, session }: { at: string, session: Session }) {
  const parts = at.split('/').slice(1).map(part)
  if (parts[0] === '' || (parts[0] === 'zones' && !parts[1])) return <Zones />
  if (parts[0] === 'zones') return <Zone key={parts[1]} name={parts[1]} tab={parts[2] ?? 'overview'} />
  if (parts[0] === 'apps') return parts[1] ? <App key={parts[1]} name={parts[1]} tab={parts[2] ?? 'overview'} /> : <Apps />
  if (parts[0] === 'account') return <Account session={session} tab={parts[1] ?? 'tokens'} />
  return <main id="main"><h1>There is no such page</h1><p><Link to="/">Zones</Link></p></main>
}

function Dashboard () {
  const [at, setAt] = useState(place())
  const [session, setSession] = useState<Session | null | undefined>(undefined)
  const [error, setError] = useState<Error | null>(null)
  useEffect(() => {
    const moved = () => setAt(place())
    addEventListener('popstate', moved)
    whenOver(() => setSession(null))
    who().then(setSession, setError)
    return () => removeEventListener('popstate', moved)
  }, [])
  useEffect(() => {
    const heading = document.querySelector('h1')
    document.title = heading ? `${heading.textContent} · Seawall` : 'Seawall'
  })
  if (error) return <main id="main"><h1>Seawall</h1><Problem error={error} retry={() => location.reload()} /></main>
  if (session === undefined) return <p class="quiet" role="status">Loading …</p>
  if (!session) return <><SignIn done={setSession} /><Toasts /></>
  const in_ = (p: string) => at === p || at.startsWith(`${p}/`)
  return (
    <Place.Provider value={at}>
      <a class="skip" href="#main">To the content</a>
      <header class="top">
        <Link to="/" class="brand"><img src="/ui/icon.svg" alt="" width="24" height="24" /> Seawall <small>{session.node}</small></Link>
        <nav aria-label="Main">
          <Link to="/zones" current={at === '/' || in_('/zones')}>Zones</Link>
          <Link to="/apps" current={in_('/apps')}>Apps</Link>
          <Link to="/account" current={in_('/account')}>Account</Link>
        </nav>
        <Theme />
        <button type="button" onClick={async () => { if (await act(signOut, 'Signed out.')) setSession(null) }}>Sign out</button>
      </header>
      <Page at={at} session={session} />
      <Toasts />
    </Place.Provider>
  )
}

render(<Dashboard />, document.getElementById('app')!)
