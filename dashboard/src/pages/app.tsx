// SPDX-License-Identifier: Apache-2.0
// One app: instances, domains with their certificates, settings, variables, logs.
import { useEffect, useRef, useState } from 'preact/hooks'
import { v1 } from '../api'
import { Card, Copy, Dialog, Empty, Field, Form, Link, Show, Status, Sure, Switch, Table, Text, When, act, go, say, useLoad } from '../ui'
import { type AppRow, AppStatus } from './apps'

const TABS: [string, string][] = [['overview', 'Overview'], ['domains', 'Domains/SSL'], ['settings', 'Settings'], ['environment', 'Environment'], ['logs', 'Logs']]

interface Instance { id: string, name: string, type: string, address: string, state: string, serving: boolean, created_at: string }
interface Container { id: string, label: string, state: string, command: string, created_at: string }
interface Kind { name: string, amount: number, size: string, command: string }
interface Domain { id: string, name: string, canonical: boolean, ssl: boolean, ssl_status: string, letsencrypt_enabled: boolean, letsencrypt: boolean, letsencrypt_status: string, acme_dns_fqdn: string | null, acme_dns_value: string | null, acme_challenge_error: string | null, validity?: string, issuer?: string }
interface Event_ { id: string, type: string, created_at: string, user?: { username: string }, type_data: Record<string, unknown> }

// ---- overview

function Instances ({ app }: { app: AppRow }) {
  const list = useLoad(async () => (await v1<{ instances: Instance[] }>('GET', `apps/${app.name}/instances`)).instances, [app.id], 5000)
  const running = useLoad(async () => (await v1<{ containers: Container[] }>('GET', `apps/${app.name}/ps`)).containers, [app.id], 5000)
  const [address, set] = useState('')
  return (
    <Card title="Instances" more={<button type="button" onClick={() => act(() => v1('POST', `apps/${app.name}/restart`, {}), 'Restarting, one after the other.')}>Restart</button>}>
      <Show of={running}>
        {rows => rows.length === 0
          ? <Empty>Nothing runs. Register the address of something that answers HTTP, or give a type of process a command.</Empty>
          : (
            <Table heads={['Name', 'State', 'Address or command', 'Since', '']} label="Instances">
              {rows.map(c => {
                const registered = list.data?.find(i => i.id === c.id)
                return (
                  <tr key={c.id}>
                    <td>{c.label}</td>
                    <td><Status kind={c.state === 'running' ? 'good' : c.state === 'crashed' ? 'bad' : 'warn'}>{c.state}</Status>{registered && !registered.serving && <span class="quiet"> gets no requests</span>}</td>
                    <td class="long"><code>{c.command}</code></td><td><When at={c.created_at} /></td>
                    <td>{registered && <Sure label="Remove" button="Remove instance" question={<>{c.label} gets no more requests.</>} does={async () => { await v1('DELETE', `apps/${app.name}/instances/${c.id}`); await Promise.all([list.reload(), running.reload()]) }} />}</td>
                  </tr>
                )
              })}
            </Table>
            )}
      </Show>
      <Form button="Register instance" send={async () => {
        await v1('POST', `apps/${app.name}/instances`, { instance: { address: address.trim(), type: 'web' } })
        say('Registered; it gets requests.')
        set('')
        await Promise.all([list.reload(), running.reload()])
      }}>
        {about => <Text label="Address" value={address} set={set} placeholder="127.0.0.1:3000" hint="Where an instance answers HTTP" error={about('/address')} />}
      </Form>
    </Card>
  )
}

function Scale ({ app }: { app: AppRow }) {
  const kinds = useLoad(async () => (await v1<{ containers: Kind[] }>('GET', `apps/${app.name}/containers`)).containers, [app.id])
  const [amounts, put] = useState<Record<string, string>>({})
  const [commands, command] = useState<Record<string, string>>({})
  return (
    <Card title="Scale">
      <Show of={kinds}>
        {list => (
          <Form button="Scale" send={async () => {
            await v1('POST', `apps/${app.name}/scale`, { containers: list.map(k => ({ name: k.name, amount: Number(amounts[k.name] ?? k.amount), ...((commands[k.name] ?? k.command) ? { command: commands[k.name] ?? k.command } : {}) })) })
            say('Scaling.')
            await kinds.reload()
          }}>
            {about => list.map(k => (
              <div key={k.name} class="line wide">
                <Text label={`${k.name}: how many`} inputMode="numeric" value={amounts[k.name] ?? String(k.amount)} set={v => put({ ...amounts, [k.name]: v })} error={about('/containers')} />
                <Text label="Command" value={commands[k.name] ?? k.command} set={v => command({ ...commands, [k.name]: v })} placeholder="none: registered addresses" hint="Started with PORT set" />
              </div>
            ))}
          </Form>
        )}
      </Show>
    </Card>
  )
}

function Timeline ({ app }: { app: AppRow }) {
  const events = useLoad(async () => (await v1<{ events: Event_[] }>('GET', `apps/${app.name}/events?per_page=20`)).events, [app.id], 10000)
  return (
    <Card title="What happened">
      <Show of={events}>
        {list => <ul class="feed">{list.map(e => <li key={e.id}><When at={e.created_at} /> <b>{e.type.replace(/_/g, ' ')}</b> <span class="quiet">{Object.values(e.type_data).filter(x => typeof x === 'string').join(' ')} {e.user && `by ${e.user.username}`}</span></li>)}</ul>}
      </Show>
    </Card>
  )
}

// ---- domains

function certificate (d: Domain): [('good' | 'warn' | 'bad' | 'calm'), string] {
  if (d.ssl && !d.letsencrypt) return ['good', 'own certificate']
  if (d.letsencrypt_status === 'created' || d.letsencrypt) return ['good', 'certificate']
  if (!d.letsencrypt_enabled) return ['calm', 'no certificate wanted']
  if (/error|fail/.test(d.letsencrypt_status)) return ['bad', d.letsencrypt_status.replace(/_/g, ' ')]
  return ['warn', d.letsencrypt_status === 'pending_dns' ? 'waits for DNS' : d.letsencrypt_status.replace(/_/g, ' ')]
}

function Upload ({ app, domain, close }: { app: AppRow, domain: Domain, close: () => void }) {
  const [cert, setCert] = useState('')
  const [key, setKey] = useState('')
  return (
    <Dialog title={`Certificate of ${domain.name}`} close={close}>
      <Form button="Upload" send={async () => { await v1('PATCH', `apps/${app.name}/domains/${domain.id}`, { domain: { tlscert: cert, tlskey: key } }); say('The certificate is shown.'); close() }}>
        {about => (
          <>
            <Field label="Certificate and chain (PEM)" wide error={about('/tlscert')}>{p => <textarea {...p} rows={6} spellcheck={false} value={cert} onInput={e => setCert(e.currentTarget.value)} />}</Field>
            <Field label="Private key (PEM)" wide error={about('/tlskey')} hint="Kept encrypted; never shown again.">{p => <textarea {...p} rows={6} spellcheck={false} value={key} onInput={e => setKey(e.currentTarget.value)} />}</Field>
          </>
        )}
      </Form>
    </Dialog>
  )
}

function Domains ({ app }: { app: AppRow }) {
  const domains = useLoad(async () => (await v1<{ domains: Domain[] }>('GET', `apps/${app.name}/domains`)).domains, [app.id], 4000)
  const [name, set] = useState('')
  const [uploading, upload] = useState<Domain | null>(null)
  const target = `${app.base_url.replace(/^https?:\/\//, '').replace(/\/$/, '')}.`
  const change = async (d: Domain, body: Record<string, unknown>, done: string) => {
    await act(() => v1('PATCH', `apps/${app.name}/domains/${d.id}`, { domain: body }), done)
    await domains.reload()
  }
  return (
    <>
      <Card title="Link a domain name">
        <Form button="LINK DOMAIN NAME TO THE APP" send={async () => {
          const a = await v1<{ domain: Domain }>('POST', `apps/${app.name}/domains`, { domain: { name: name.trim() } })
          say(`${a.domain.name} is linked.`)
          set('')
          await domains.reload()
        }}>
          {about => <Text label="Domain name" value={name} set={set} wide placeholder="www.example.com" error={about('/name')} hint="A wildcard (*.example.com) is possible." />}
        </Form>
        <p>In the zone of the name, make a CNAME record to this target, with its final dot:</p>
        <p><Copy text={target} /></p>
      </Card>
      <Card title="Domains">
        {uploading && <Upload app={app} domain={uploading} close={() => { upload(null); domains.reload() }} />}
        <Show of={domains}>
          {list => list.length === 0
            ? <Empty>Only {target.slice(0, -1)} leads here.</Empty>
            : (
              <Table heads={['Name', 'Certificate', '']} label="Domains">
                {list.map(d => {
                  const [kind, text] = certificate(d)
                  return (
                    <tr key={d.id}>
                      <td class="long">
                        <button type="button" class="plain star" aria-pressed={d.canonical} aria-label={`${d.name} is the canonical domain`} onClick={() => change(d, { canonical: !d.canonical }, d.canonical ? 'No canonical domain any more.' : `${d.name} is canonical: other domains redirect to it.`)}>{d.canonical ? '★' : '☆'}</button>{' '}
                        {d.name}
                        {d.acme_challenge_error && <p class="warn">{d.acme_challenge_error}</p>}
                        {d.acme_dns_fqdn && d.acme_dns_value && <p class="quiet">Proof: TXT <code>{d.acme_dns_fqdn}</code> <code>{d.acme_dns_value}</code></p>}
                      </td>
                      <td><Status kind={kind}>{text}</Status>{d.validity && <> until <When at={d.validity} /></>}</td>
                      <td class="actions">
                        <button type="button" onClick={() => upload(d)}>Upload certificate</button>
                        <Sure label="Unlink" button="Unlink domain" question={<>{d.name} leads here no more.</>} does={async () => { await v1('DELETE', `apps/${app.name}/domains/${d.id}`); await domains.reload() }} />
                      </td>
                    </tr>
                  )
                })}
              </Table>
              )}
        </Show>
      </Card>
    </>
  )
}

// ---- settings, variables

function Settings ({ app, reload }: { app: AppRow, reload: () => Promise<void> }) {
  const change = async (body: Record<string, unknown>, done: string) => { await act(() => v1('PATCH', `apps/${app.name}`, { app: body }), done); await reload() }
  return (
    <>
      <Card title="Routing">
        <div class="settings">
          <Switch label="Force HTTPS" on={app.force_https} set={on => change({ force_https: on }, on ? 'Plain HTTP is redirected.' : 'Plain HTTP is served.')} />
          <small>Plain HTTP is redirected (301), and browsers are told to come by HTTPS. Validations of certificates are exempt.</small>
          <Switch label="Sticky sessions" on={app.sticky_session} set={on => change({ sticky_session: on }, 'Saved.')} />
          <small>A visitor stays with one instance, by a cookie.</small>
          <Switch label="Router logs" on={app.router_logs} set={on => change({ router_logs: on }, 'Saved.')} />
          <small>A line of the log for each request.</small>
        </div>
      </Card>
      <Card title="The app">
        <Sure label="Delete the app" button={`Delete ${app.name}`} question={<>Its domains, variables and logs go with it, and its processes end. This cannot be taken back.</>}
          does={async () => { await v1('DELETE', `apps/${app.name}?current_name=${app.name}`); go('/apps') }} />
      </Card>
    </>
  )
}

function Environment ({ app }: { app: AppRow }) {
  const vars = useLoad(async () => (await v1<{ variables: { id: string, name: string, value: string }[] }>('GET', `apps/${app.name}/variables`)).variables, [app.id])
  const [name, setName] = useState('')
  const [value, setValue] = useState('')
  const [shown, show] = useState(false)
  return (
    <Card title="Environment" more={<Switch label="Show values" on={shown} set={show} />}>
      <Show of={vars}>
        {list => list.length === 0
          ? <Empty>No variable yet.</Empty>
          : (
            <Table heads={['Name', 'Value', '']} label="Variables">
              {list.map(x => <tr key={x.id}><td><code>{x.name}</code></td><td class="long">{shown ? <code>{x.value}</code> : '••••••'}</td><td><Sure label="Delete" button="Delete variable" question={<code>{x.name}</code>} does={async () => { await v1('DELETE', `apps/${app.name}/variables/${x.id}`); await vars.reload() }} /></td></tr>)}
            </Table>
            )}
      </Show>
      <Form button="Set variable" send={async () => { await v1('PUT', `apps/${app.name}/variables`, { variables: [{ name: name.trim(), value }] }); say('Set; processes see it after a restart.'); setName(''); setValue(''); await vars.reload() }}>
        {about => <><Text label="Name" value={name} set={setName} placeholder="DATABASE_URL" error={about('/name')} /><Text label="Value" value={value} set={setValue} error={about('/value')} /></>}
      </Form>
    </Card>
  )
}

// ---- logs

const LINES_MAX = 2000

function Logs ({ app }: { app: AppRow }) {
  const [lines, put] = useState<string[]>([])
  const [error, setError] = useState('')
  const [live, setLive] = useState(true)
  const box = useRef<HTMLPreElement>(null)
  useEffect(() => {
    if (!live) return
    let stream: EventSource | null = null
    let over = false
    put([])
    v1<{ logs_url: string }>('GET', `apps/${app.name}/logs`).then(a => {
      if (over) return
      const u = new URL(a.logs_url)
      // The page's own host: the node may be known here by another name than it knows itself by.
      stream = new EventSource(`${u.pathname}${u.search}&stream=true&n=200`)
      const add = (text: string) => put(l => [...l, ...text.split('\n').filter(Boolean)].slice(-LINES_MAX))
      const take = (e: MessageEvent) => { try { add(String(JSON.parse(e.data).log ?? '')) } catch { add(String(e.data)) } }
      stream.onmessage = take
      stream.addEventListener('log', take)
      stream.onopen = () => setError('')
      stream.onerror = () => setError('The stream is interrupted; trying again.')
    }, e => setError((e as Error).message))
    return () => { over = true; stream?.close() }
  }, [app.id, live])
  useEffect(() => { if (box.current) box.current.scrollTop = box.current.scrollHeight }, [lines])
  return (
    <Card title="Logs" more={<Switch label="Live" on={live} set={setLive} />}>
      {error && <p class="quiet" role="status">{error}</p>}
      <pre class="logs" ref={box} tabIndex={0} aria-label="Log">{lines.length ? lines.join('\n') : 'No line yet.'}</pre>
    </Card>
  )
}

export function App ({ name, tab }: { name: string, tab: string }) {
  const app = useLoad(async () => (await v1<{ app: AppRow }>('GET', `apps/${encodeURIComponent(name)}`)).app, [name], 10000)
  return (
    <main id="main">
      <p class="crumbs"><Link to="/apps">Apps</Link></p>
      <div class="head"><h1>{name}</h1>{app.data && <AppStatus status={app.data.status} />}</div>
      <nav class="tabs" aria-label={`Pages of ${name}`}>{TABS.map(([id, title]) => <Link key={id} to={`/apps/${name}/${id}`} current={id === tab}>{title}</Link>)}</nav>
      <Show of={app}>
        {a => tab === 'domains' ? <Domains app={a} /> : tab === 'settings' ? <Settings app={a} reload={app.reload} /> : tab === 'environment' ? <Environment app={a} /> : tab === 'logs' ? <Logs app={a} /> : <><Instances app={a} /><Scale app={a} /><Timeline app={a} /></>}
      </Show>
    </main>
  )
}
