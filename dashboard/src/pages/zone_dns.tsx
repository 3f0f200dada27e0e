// SPDX-License-Identifier: Apache-2.0
// The records of a zone: a table that is edited in place, the switch between proxied and DNS only, import and export.
import { useState } from 'preact/hooks'
import { all, cf, cfRaw } from '../api'
import { Card, Choice, Dialog, Empty, Form, Show, Sure, Switch, Table, Text, act, say, useLoad } from '../ui'
import type { ZoneRow } from './zones'

interface Record_ { id: string, type: string, name: string, content: string, ttl: number, proxied: boolean, proxiable: boolean, priority?: number, comment: string | null }

const TYPES = ['A', 'AAAA', 'CNAME', 'MX', 'TXT', 'NS', 'CAA', 'SRV', 'PTR']
const TTLS: [string, string][] = [['1', 'Auto'], ['60', '1 minute'], ['300', '5 minutes'], ['3600', '1 hour'], ['86400', '1 day']]
const HINTS: Record<string, string> = {
  A: 'An IPv4 address', AAAA: 'An IPv6 address', CNAME: 'A host name; with or without the final dot', MX: 'The mail server', TXT: 'Text', NS: 'A name server',
  CAA: '0 issue "authority.example"', SRV: 'weight port target, as in a zone file', PTR: 'A host name'
}

/** What the form of a record sends. */
function Fields ({ zone, from, done, button }: { zone: ZoneRow, from?: Record_, done: () => void, button: string }) {
  const [type, setType] = useState(from?.type ?? 'A')
  const [name, setName] = useState(from?.name ?? '')
  const [content, setContent] = useState(from?.content ?? '')
  const [ttl, setTtl] = useState(String(from?.ttl ?? 1))
  const [proxied, setProxied] = useState(from ? from.proxied : true)
  const [priority, setPriority] = useState(String(from?.priority ?? 10))
  const can = ['A', 'AAAA', 'CNAME'].includes(type)
  const ranked = type === 'MX' || type === 'SRV'
  return (
    <Form button={button} send={async () => {
      const body: Record<string, unknown> = { type, name: name.trim() || '@', content: content.trim(), ttl: can && proxied ? 1 : Number(ttl) }
      if (can) body.proxied = proxied
      if (ranked) body.priority = Number(priority)
      const a = from ? await cf('PATCH', `zones/${zone.id}/dns_records/${from.id}`, body) : await cf('POST', `zones/${zone.id}/dns_records`, body)
      say(`${a.result.name} is saved${a.info.live ? `, live on ${a.info.live.edges} edge${a.info.live.edges === 1 ? '' : 's'}` : ''}.`)
      for (const m of a.messages) say(m.message)
      done()
    }}>
      {about => (
        <>
          {!from && <Choice label="Type" value={type} set={setType} of={TYPES} />}
          <Text label="Name" value={name} set={setName} placeholder="www, or @ for the zone itself" error={about('/name')} />
          <Text label={type === 'CNAME' ? 'Target' : type === 'A' || type === 'AAAA' ? 'Address' : 'Content'} value={content} set={setContent} hint={HINTS[type]} error={about('/content')} />
          {ranked && <Text label="Priority" inputMode="numeric" value={priority} set={setPriority} error={about('/priority')} />}
          {(!can || !proxied) && <Choice label="TTL" value={ttl} set={setTtl} of={TTLS.some(t => t[0] === ttl) ? TTLS : [...TTLS, [ttl, `${ttl} s`]]} />}
          {can && <Switch kind="proxy" label={proxied ? 'Proxied' : 'DNS only'} on={proxied} set={setProxied} />}
        </>
      )}
    </Form>
  )
}

function Import ({ zone, close }: { zone: ZoneRow, close: () => void }) {
  const [text, setText] = useState('')
  const [proxied, setProxied] = useState(false)
  return (
    <Dialog title="Import a zone file" close={close}>
      <Form button="Import" send={async () => {
        const form = `--seawall\r\nContent-Disposition: form-data; name="proxied"\r\n\r\n${proxied}\r\n--seawall\r\nContent-Disposition: form-data; name="file"; filename="zone.txt"\r\n\r\n${text}\r\n--seawall--\r\n`
        const r = await cfRaw('POST', `zones/${zone.id}/dns_records/import`, form, 'multipart/form-data; boundary=seawall')
        say(`${r.result.recs_added ?? 0} records added of ${r.result.total_records_parsed ?? 0}.`)
        for (const m of r.messages) say(m.message)
        close()
      }}>
        {about => (
          <>
            <div class="field wide">
              <label for="zonefile">Zone file (BIND form)</label>
              <textarea id="zonefile" rows={10} spellcheck={false} value={text} onInput={e => setText(e.currentTarget.value)} placeholder={'www  300  IN  A  192.0.2.1'} />
              {about('/file') && <small class="bad">{about('/file')}</small>}
            </div>
            <Switch kind="proxy" label="Proxied where that is possible" on={proxied} set={setProxied} />
          </>
        )}
      </Form>
    </Dialog>
  )
}

/** Names whose origin shows: a record that is DNS only has the same address as one that is proxied. */
function exposed (list: Record_[]): Set<string> {
  const hidden = new Set(list.filter(r => r.proxied && r.type !== 'CNAME').map(r => r.content))
  return new Set(list.filter(r => !r.proxied && (r.type === 'A' || r.type === 'AAAA') && hidden.has(r.content)).map(r => r.id))
}

export function Dns ({ zone }: { zone: ZoneRow }) {
  const records = useLoad(() => all<Record_>(`zones/${zone.id}/dns_records`), [zone.id])
  const [editing, edit] = useState<string | null>(null)
  const [importing, setImporting] = useState(false)
  const [filter, setFilter] = useState('')
  const toggle = async (r: Record_, proxied: boolean) => {
    await act(() => cf('PATCH', `zones/${zone.id}/dns_records/${r.id}`, { proxied }), proxied ? `${r.name} is proxied.` : `${r.name} is DNS only: its address shows.`)
    await records.reload()
  }
  return (
    <>
      <Card title="Add a record"><Fields zone={zone} button="Add record" done={records.reload} /></Card>
      <Card title="Records" more={(
        <span class="actions">
          <button type="button" onClick={() => setImporting(true)}>Import</button>
          <a class="button" href={`/client/v4/zones/${zone.id}/dns_records/export`} download={`${zone.name}.txt`}>Export</a>
        </span>
      )}>
        {importing && <Import zone={zone} close={() => { setImporting(false); records.reload() }} />}
        <Show of={records}>
          {list => {
            const shows = exposed(list)
            const seen = list.filter(r => !filter || `${r.name} ${r.content} ${r.type}`.toLowerCase().includes(filter.toLowerCase()))
            return list.length === 0
              ? <Empty>No record yet.</Empty>
              : (
                <>
                  {list.length > 8 && <Text label="Filter" value={filter} set={setFilter} placeholder="name, type or content" />}
                  <Table heads={['Type', 'Name', 'Content', 'Proxy', 'TTL', '']} label="Records">
                    {seen.slice(0, 1000).map(r => editing === r.id
                      ? <tr key={r.id}><td>{r.type}</td><td colSpan={4}><Fields zone={zone} from={r} button="Save" done={() => { edit(null); records.reload() }} /></td><td><button type="button" onClick={() => edit(null)}>Cancel</button></td></tr>
                      : (
                        <tr key={r.id}>
                          <td><b>{r.type}</b></td>
                          <td class="long">{r.name}</td>
                          <td class="long">
                            {r.priority !== undefined && <>{r.priority} </>}{r.content}
                            {shows.has(r.id) && <p class="warn">The address of proxied names shows here: attackers can go around the proxy.</p>}
                          </td>
                          <td>{r.proxiable ? <Switch kind="proxy" on={r.proxied} set={on => toggle(r, on)} label={`${r.name} ${r.type}: ${r.proxied ? 'proxied' : 'DNS only'}`} hide /> : <span class="quiet">DNS only</span>}</td>
                          <td>{r.ttl === 1 ? 'Auto' : `${r.ttl} s`}</td>
                          <td class="actions">
                            <button type="button" onClick={() => edit(r.id)} aria-label={`Edit ${r.type} ${r.name}`}>Edit</button>
                            <Sure label="Delete" button="Delete record" question={<>{r.type} {r.name} is answered no more.</>} does={async () => { await cf('DELETE', `zones/${zone.id}/dns_records/${r.id}`); say(`${r.name} is deleted.`); await records.reload() }} />
                          </td>
                        </tr>
                        ))}
                  </Table>
                </>
                )
          }}
        </Show>
      </Card>
    </>
  )
}
