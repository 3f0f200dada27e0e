// SPDX-License-Identifier: Apache-2.0
// HTTPS of a zone: the mode towards the origins with the doctor's verdict, visitors' side, certificates.
import { useState } from 'preact/hooks'
import { cf } from '../api'
import { Card, Choice, Empty, Show, Status, Switch, Table, When, act, useLoad } from '../ui'
import type { ZoneRow } from './zones'

interface Verdict { mode: string, works: boolean | null, reasons: string[], notes: string[] }
interface Doctor { modes: Verdict[], recommended: string | null, complete: boolean }
interface Pack { id: string, hosts: string[], status: string, certificates: { issuer?: string, expires_on?: string, uploaded_on?: string }[], validation_errors?: { message: string }[], type: string }

const MODES: [string, string, string][] = [
  ['off', 'Off', 'Visitors get no HTTPS.'],
  ['flexible', 'Flexible', 'HTTPS for visitors, plain HTTP to the origin: what passes there can be read.'],
  ['full', 'Full', 'HTTPS to the origin, whatever certificate it shows.'],
  ['strict', 'Full (strict)', 'HTTPS to the origin, with a certificate that is valid for the name.']
]

export type Settings = Record<string, any>

export function useSettings (zone: ZoneRow) {
  const s = useLoad(async () => {
    const list = (await cf<{ id: string, value: any }[]>('GET', `zones/${zone.id}/settings`)).result
    return Object.fromEntries(list.map(x => [x.id, x.value])) as Settings
  }, [zone.id])
  const put = async (id: string, value: unknown, done: string) => {
    await act(() => cf('PATCH', `zones/${zone.id}/settings/${id}`, { value }), done)
    await s.reload()
  }
  return { s, put }
}

function Mode ({ zone, value, put }: { zone: ZoneRow, value: string, put: (v: string) => Promise<void> }) {
  const doctor = useLoad(async () => (await cf<Doctor>('GET', `seawall/zones/${zone.id}/ssl/doctor`)).result, [zone.id, value])
  const [busy, setBusy] = useState(false)
  const verdict = (mode: string) => doctor.data?.modes.find(m => m.mode === mode)
  return (
    <Card title="Encryption to the origin" more={<button type="button" onClick={doctor.reload}>Look at the origins again</button>}>
      <fieldset class="modes" disabled={busy}>
        <legend class="unseen">Mode</legend>
        {MODES.map(([id, title, text]) => {
          const v = verdict(id)
          return (
            <label key={id} class={value === id ? 'mode on' : 'mode'}>
              <input type="radio" name="mode" value={id} checked={value === id} onChange={async () => { setBusy(true); await put(id); setBusy(false) }} />
              <span>
                <b>{title}</b>{' '}
                {v?.works === true && <Status kind="good">will work</Status>}
                {v?.works === false && <Status kind="bad">will not work</Status>}
                {doctor.data?.recommended === id && <Status kind="calm">recommended</Status>}
                <small>{text}</small>
                {v?.reasons.map((r, i) => <small key={i} class="bad">{r}</small>)}
                {v?.notes.map((r, i) => <small key={i}>{r}</small>)}
              </span>
            </label>
          )
        })}
      </fieldset>
      {doctor.data && doctor.data.modes.every(m => m.works === null) && <p class="quiet">The doctor has nothing to look at: no proxied record has an address that is not this edge's own.</p>}
      {doctor.error && <p class="quiet">The doctor could not look: {doctor.error.message}</p>}
      {doctor.busy && <p class="quiet" role="status">Looking at the origins …</p>}
    </Card>
  )
}

/** From when to when, and where now is, as a bar. */
function TimeLine ({ from, until }: { from?: string, until?: string }) {
  if (!from || !until) return null
  const a = new Date(from).getTime(); const b = new Date(until).getTime()
  const done = Math.max(0, Math.min(100, (Date.now() - a) / (b - a) * 100))
  return <progress class="timeline" max={100} value={done} aria-label={`${Math.round(done)} % of its life is over`} />
}

function Certificates ({ zone }: { zone: ZoneRow }) {
  const packs = useLoad(async () => (await cf<Pack[]>('GET', `zones/${zone.id}/ssl/certificate_packs?status=all`)).result, [zone.id], 5000)
  return (
    <Card title="Certificates">
      <Show of={packs}>
        {list => list.length === 0
          ? <Empty>No certificate of an authority. Until there is one, or where none can be had, the node's own authority vouches for the names (<code>seawall ca export</code>).</Empty>
          : (
            <Table heads={['Names', 'State', 'Issuer', 'Until', '']} label="Certificates">
              {list.map(p => {
                const c = p.certificates?.[0]
                return (
                  <tr key={p.id}>
                    <td class="long">{p.hosts.join(', ')}{p.validation_errors?.map((e, i) => <p key={i} class="warn">{e.message}</p>)}</td>
                    <td><Status kind={p.status === 'active' ? 'good' : /fail|error|timed/.test(p.status) ? 'bad' : 'warn'}>{p.status.replace(/_/g, ' ')}</Status></td>
                    <td>{c?.issuer ?? '–'}</td>
                    <td><When at={c?.expires_on} /><TimeLine from={c?.uploaded_on} until={c?.expires_on} /></td>
                    <td><button type="button" onClick={async () => { await act(() => cf('PATCH', `zones/${zone.id}/ssl/certificate_packs/${p.id}`, {}), 'Ordered again.'); packs.reload() }}>Order again</button></td>
                  </tr>
                )
              })}
            </Table>
            )}
      </Show>
    </Card>
  )
}

export function Ssl ({ zone }: { zone: ZoneRow }) {
  const { s, put } = useSettings(zone)
  return (
    <Show of={s}>
      {v => (
        <>
          <Mode zone={zone} value={v.ssl} put={async mode => await put('ssl', mode, `The mode is ${MODES.find(m => m[0] === mode)?.[1] ?? mode}.`)} />
          <Card title="Visitors">
            <div class="settings">
              <Switch label="Always Use HTTPS" on={v.always_use_https === 'on'} set={on => put('always_use_https', on ? 'on' : 'off', on ? 'Plain HTTP is redirected.' : 'Plain HTTP is served.')} />
              <small>Validations of certificates (<code>/.well-known/acme-challenge/</code>) are exempt: an origin that renews by itself goes on.</small>
              <Switch label="Automatic HTTPS rewrites" on={v.automatic_https_rewrites === 'on'} set={on => put('automatic_https_rewrites', on ? 'on' : 'off', 'Saved.')} />
              <small>Pages ask browsers to fetch their parts over HTTPS.</small>
              <Choice label="Oldest TLS version" value={String(v.min_tls_version)} of={['1.0', '1.1', '1.2', '1.3'].filter(x => Number(x) >= 1.2 || x === String(v.min_tls_version))} set={x => put('min_tls_version', x, `TLS ${x} and newer.`)} />
              <Switch label="HSTS" on={!!v.security_header?.strict_transport_security?.enabled}
                set={on => put('security_header', { strict_transport_security: { ...v.security_header?.strict_transport_security, enabled: on, max_age: v.security_header?.strict_transport_security?.max_age || 15552000 } }, on ? 'Browsers will insist on HTTPS for half a year.' : 'HSTS is off.')} />
              <small>Browsers that have seen it refuse plain HTTP for its whole time, also after it is off here.</small>
            </div>
          </Card>
          <Certificates zone={zone} />
        </>
      )}
    </Show>
  )
}
