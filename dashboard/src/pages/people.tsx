// SPDX-License-Identifier: Apache-2.0
// People who sign in with a password, and one's own password and second factor.
import { useState } from 'preact/hooks'
import { type Session, all, cf } from '../api'
import { Card, Choice, Copy, Empty, Form, Show, Status, Sure, Table, Text, When, say, useLoad } from '../ui'

interface Person { id: string, email: string, admin: boolean, status: string, two_factor: boolean, recovery_codes_left: number, last_used_on?: string }
interface Group { id: string, name: string, scopes: string[] }

const EVERYTHING = 'everything'

/** What a policy of one permission group is about: all zones, or the account. */
export const resourcesOf = (group: Group, session: Session): Record<string, string> =>
  group.scopes.some(s => s.endsWith('zone')) ? { 'com.cloudflare.api.account.zone.*': '*' } : { [`com.cloudflare.api.account.${session.account.id}`]: '*' }

function Password () {
  const [old, setOld] = useState('')
  const [fresh, setFresh] = useState('')
  return (
    <Card title="Your password">
      <Form button="Change password" send={async () => {
        await cf('PUT', 'seawall/users/self/password', { current_password: old, password: fresh })
        setOld('')
        setFresh('')
        say('Your password is changed; other sessions are over.')
      }}>
        {about => (
          <>
            <Text label="Password now" type="password" autocomplete="current-password" value={old} set={setOld} error={about('/current_password')} />
            <Text label="New password" type="password" autocomplete="new-password" value={fresh} set={setFresh} error={about('/password')} hint="At least 12 characters." />
          </>
        )}
      </Form>
    </Card>
  )
}

function SecondFactor ({ changed }: { changed: () => Promise<unknown> }) {
  const me = useLoad(async () => (await cf<Person>('GET', 'seawall/users/self')).result, [])
  const [password, setPassword] = useState('')
  const [begun, setBegun] = useState<{ secret: string, url: string } | null>(null)
  const [code, setCode] = useState('')
  const [spare, setSpare] = useState<string[]>([])
  return (
    <Card title="Second factor">
      <Show of={me}>
        {p => p.two_factor
          ? (
            <>
              <p><Status kind="good">On</Status> A code is asked for at each sign-in. {p.recovery_codes_left} recovery codes are left.</p>
              {spare.length > 0 && <div class="note"><p>Recovery codes, each good once instead of a code. This is the only time that they are shown:</p><Copy text={spare.join('\n')} /></div>}
              <Form button="Switch off" danger send={async () => { await cf('DELETE', 'seawall/users/self/totp', { current_password: password }); setPassword(''); setSpare([]); await me.reload(); await changed() }}>
                {about => <Text label="Your password" type="password" autocomplete="current-password" value={password} set={setPassword} error={about('/current_password')} />}
              </Form>
            </>
            )
          : begun
            ? (
              <Form button="Switch on" send={async () => {
                setSpare((await cf<{ recovery_codes: string[] }>('PUT', 'seawall/users/self/totp', { code: code.replaceAll(' ', '') })).result.recovery_codes)
                setBegun(null)
                setCode('')
                await me.reload()
                await changed()
              }}>
                {about => (
                  <>
                    <div class="note"><p>Give this to your authenticator:</p><Copy text={begun.secret} /><p><a href={begun.url}>Open the authenticator on this device</a></p></div>
                    <Text label="Code that it shows" inputMode="numeric" autocomplete="one-time-code" value={code} set={setCode} error={about('/code')} />
                  </>
                )}
              </Form>
              )
            : (
              <Form button="Set up" send={async () => { setBegun((await cf<{ secret: string, url: string }>('POST', 'seawall/users/self/totp', { current_password: password })).result); setPassword('') }}>
                {about => (
                  <>
                    <p>Off. With it, a sign-in also wants a code of an authenticator on your telephone.</p>
                    <Text label="Your password" type="password" autocomplete="current-password" value={password} set={setPassword} error={about('/current_password')} />
                  </>
                )}
              </Form>
              )}
      </Show>
    </Card>
  )
}

function Invite ({ session, added }: { session: Session, added: () => Promise<unknown> }) {
  const groups = useLoad(async () => (await cf<Group[]>('GET', 'user/tokens/permission_groups')).result, [])
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [may, setMay] = useState('')
  return (
    <Card title="Add somebody">
      <Show of={groups}>
        {list => (
          <Form button="Add person" send={async () => {
            const group = list.find(g => g.id === (may || list[0]?.id))
            const body = may === EVERYTHING || !group ? { admin: true } : { policies: [{ effect: 'allow', permission_groups: [{ id: group.id }], resources: resourcesOf(group, session) }] }
            await cf('POST', 'seawall/users', { email: email.trim(), password, ...body })
            say(`${email.trim()} may sign in.`)
            setEmail('')
            setPassword('')
            await added()
          }}>
            {about => (
              <>
                <Text label="E-mail address" type="email" value={email} set={setEmail} error={about('/email')} />
                <Text label="First password" type="password" autocomplete="new-password" value={password} set={setPassword} error={about('/password')} hint="At least 12 characters; they change it here." />
                <Choice label="May" value={may || list[0]?.id} set={setMay} of={[...list.map(g => [g.id, g.name] as [string, string]), ...session.admin ? [[EVERYTHING, 'Everything'] as [string, string]] : []]} />
              </>
            )}
          </Form>
        )}
      </Show>
    </Card>
  )
}

export function People ({ session }: { session: Session }) {
  const people = useLoad(() => all<Person>('seawall/users'), [])
  return (
    <>
      {session.person && <><Password /><SecondFactor changed={people.reload} /></>}
      <Invite session={session} added={people.reload} />
      <Card title="People">
        <Show of={people}>
          {list => list.length === 0
            ? <Empty>Nobody signs in with a password yet.</Empty>
            : (
              <Table heads={['E-mail address', 'May', 'Status', 'Second factor', 'Last used', '']} label="People">
                {list.map(p => <tr key={p.id}><td class="long">{p.email}</td><td>{p.admin ? 'everything' : 'by policies'}</td><td><Status kind={p.status === 'active' ? 'good' : 'warn'}>{p.status}</Status></td><td>{p.two_factor ? 'on' : 'off'}</td><td><When at={p.last_used_on} /></td><td><Sure label="Remove" button="Remove person" question={<>{p.email} is signed out and cannot sign in again.</>} does={async () => { await cf('DELETE', `seawall/users/${p.id}`); say(`${p.email} is removed.`); await people.reload() }} /></td></tr>)}
              </Table>
              )}
        </Show>
      </Card>
    </>
  )
}
