// SPDX-License-Identifier: Apache-2.0
// API tokens, who is signed in where, who changed what.
import { useState } from 'preact/hooks'
import { type Session, all, cf } from '../api'
import { Card, Choice, Copy, Empty, Form, Link, Show, Status, Sure, Table, Text, When, bytes, number, say, useLoad } from '../ui'
import { Analytics, type Numbers } from './analytics'
import { Bans } from './bans'
import { People, resourcesOf } from './people'

const TABS: [string, string][] = [['tokens', 'API tokens'], ['people', 'People'], ['sessions', 'Sessions'], ['bans', 'Bans'], ['audit', 'Audit log'], ['traffic', 'Traffic']]

interface Token { id: string, name: string, status: string, last_used_on?: string, expires_on?: string, issued_on: string }
interface Group { id: string, name: string, scopes: string[] }

function Tokens ({ session }: { session: Session }) {
  const tokens = useLoad(() => all<Token>('user/tokens'), [])
  const groups = useLoad(async () => (await cf<Group[]>('GET', 'user/tokens/permission_groups')).result, [])
  const [name, setName] = useState('')
  const [group, setGroup] = useState('')
  const [days, setDays] = useState('90')
  const [made, setMade] = useState('')
  return (
    <>
      <Card title="Make a token">
        <Show of={groups}>
          {list => (
            <Form button="Make token" send={async () => {
              const g = list.find(x => x.id === (group || list[0].id))!
              const body: Record<string, unknown> = { name, policies: [{ effect: 'allow', permission_groups: [{ id: g.id }], resources: resourcesOf(g, session) }] }
              if (Number(days)) body.expires_on = new Date(Date.now() + Number(days) * 86400000).toISOString().replace(/\.\d+/, '')
              setMade((await cf<{ value: string }>('POST', 'user/tokens', body)).result.value)
              setName('')
              await tokens.reload()
            }}>
              {about => (
                <>
                  <Text label="Name" value={name} set={setName} error={about('/name')} />
                  <Choice label="May" value={group || list[0]?.id} set={setGroup} of={list.map(g => [g.id, g.name] as [string, string])} />
                  <Choice label="For" value={days} set={setDays} of={[['7', '7 days'], ['90', '90 days'], ['365', 'a year'], ['0', 'ever']]} />
                </>
              )}
            </Form>
          )}
        </Show>
        {made && <div class="note"><p>This is the only time that its value is shown:</p><Copy text={made} /></div>}
      </Card>
      <Card title="Tokens">
        <Show of={tokens}>
          {list => list.length === 0
            ? <Empty>Only the administrator's.</Empty>
            : (
              <Table heads={['Name', 'Status', 'Used', 'Until', '']} label="Tokens">
                {list.map(t => <tr key={t.id}><td>{t.name}</td><td><Status kind={t.status === 'active' ? 'good' : 'warn'}>{t.status}</Status></td><td><When at={t.last_used_on} /></td><td><When at={t.expires_on} /></td><td><Sure label="Revoke" button="Revoke token" question={<>Whoever uses {t.name} is refused from now on.</>} does={async () => { await cf('DELETE', `user/tokens/${t.id}`); say(`${t.name} is revoked.`); await tokens.reload() }} /></td></tr>)}
              </Table>
              )}
        </Show>
      </Card>
    </>
  )
}

function Sessions () {
  const sessions = useLoad(async () => (await cf<{ id: string, address: string, agent: string, created_on: string, seen_on: string }[]>('GET', 'seawall/sessions')).result, [])
  return (
    <Card title="Your sessions">
      <Show of={sessions}>
        {list => (
          <Table heads={['Browser', 'From', 'Signed in', 'Last seen', '']} label="Sessions">
            {list.map(s => <tr key={s.id}><td class="long">{s.agent || '–'}</td><td>{s.address}</td><td><When at={s.created_on} /></td><td><When at={s.seen_on} /></td><td><Sure label="End" button="End session" question="That browser has to sign in again." does={async () => { await cf('DELETE', `seawall/sessions/${s.id}`); await sessions.reload() }} /></td></tr>)}
          </Table>
        )}
      </Show>
    </Card>
  )
}

function Audit () {
  const rows = useLoad(async () => (await cf<any[]>('GET', 'user/audit_logs?per_page=100')).result, [])
  return (
    <Card title="Audit log">
      <Show of={rows}>
        {list => (
          <Table heads={['When', 'Who', 'What', 'Zone']} label="Audit log">
            {list.map(r => <tr key={r.id}><td><When at={r.when} /></td><td>{r.actor?.name || 'system'} <span class="quiet">{r.actor?.ip}</span></td><td class="long">{r.action?.type} {r.resource?.type}</td><td>{r.zone?.name}</td></tr>)}
          </Table>
        )}
      </Show>
    </Card>
  )
}

function Traffic ({ session }: { session: Session }) {
  const zones = useLoad(async () => (await cf<{ zones: (Numbers & { zone: string })[] }>('GET', `accounts/${session.account.id}/analytics/zones?by=hour`)).result.zones, [], 15000)
  return (
    <>
      <Analytics path={`accounts/${session.account.id}/analytics`} />
      <Card title="Zones in the last three days">
        <Show of={zones}>
          {list => list.length === 0
            ? <Empty>No visitor yet.</Empty>
            : (
              <Table heads={['Zone', 'Requests', 'From the cache', 'Bytes', 'Kept away']} label="Zones by requests">
                {list.map(z => <tr key={z.zone}><td><Link to={`/zones/${z.zone}/analytics`}>{z.zone}</Link></td><td>{number(z.requests)}</td><td>{number(z.cached)}</td><td>{bytes(z.bytes)}</td><td>{number(z.threats)}</td></tr>)}
              </Table>
              )}
        </Show>
      </Card>
    </>
  )
}

export function Account ({ session, tab }: { session: Session, tab: string }) {
  return (
    <main id="main">
      <div class="head"><h1>Account</h1><span class="quiet">signed in as {session.name}</span></div>
      <nav class="tabs" aria-label="Pages of the account">{TABS.map(([id, title]) => <Link key={id} to={`/account/${id}`} current={id === tab}>{title}</Link>)}</nav>
      {tab === 'people' ? <People session={session} /> : tab === 'sessions' ? <Sessions /> : tab === 'bans' ? <Bans /> : tab === 'audit' ? <Audit /> : tab === 'traffic' ? <Traffic session={session} /> : <Tokens session={session} />}
    </main>
  )
}
