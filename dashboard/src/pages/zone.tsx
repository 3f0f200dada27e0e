// SPDX-License-Identifier: Apache-2.0
// One zone: its tabs, and what to do first.
import { cf } from '../api'
import { Card, Copy, Link, Show, Status, Sure, act, go, say, useLoad } from '../ui'
import { Analytics, Questions, Tops } from './analytics'
import { Caching } from './zone_caching'
import { Dns } from './zone_dns'
import { Security } from './zone_security'
import { Ssl } from './zone_ssl'
import { type ZoneRow, ZoneStatus } from './zones'

const TABS: [string, string][] = [['overview', 'Overview'], ['dns', 'DNS'], ['ssl', 'SSL/TLS'], ['caching', 'Caching'], ['security', 'Security'], ['analytics', 'Analytics']]

function Overview ({ zone, reload }: { zone: ZoneRow, reload: () => void }) {
  const waits = zone.status !== 'active'
  const records = useLoad(() => cf<unknown[]>('GET', `zones/${zone.id}/dns_records?per_page=5`), [zone.id])
  return (
    <>
      <Card title="What to do">
        <ol class="steps">
          <li class={(records.data?.info.total_count ?? 0) > 0 ? 'done' : ''}>
            <b>Records.</b> <Show of={records}>{r => <>{r.info.total_count ?? 0} there. </>}</Show>
            <Link to={`/zones/${zone.name}/dns`}>Add the records that the zone has today</Link>, or import them as a zone file.
          </li>
          <li class={waits ? '' : 'done'}>
            <b>Name servers.</b> At the registrar, name these, and no others:
            <ul class="plainlist">{zone.name_servers.map(n => <li key={n}><Copy text={n} /></li>)}</ul>
            {waits && (
              <p>
                <button type="button" onClick={() => act(async () => { const a = await cf('PUT', `zones/${zone.id}/activation_check`); reload(); return a }, 'Asked the parent zone.')}>Check now</button>{' '}
                The parent zone is asked by itself as well; the zone becomes active when it names them.
              </p>
            )}
          </li>
          <li class={waits ? '' : 'done'}><b>Certificates.</b> They come by themselves when the zone is active: <Link to={`/zones/${zone.name}/ssl`}>SSL/TLS</Link>.</li>
        </ol>
      </Card>
      <Card title="The zone">
        <dl>
          <dt>Status</dt><dd><ZoneStatus zone={zone} /></dd>
          <dt>Zone ID</dt><dd><Copy text={zone.id} /></dd>
        </dl>
        <div class="actions">
          <button type="button" onClick={async () => { await act(() => cf('PATCH', `zones/${zone.id}`, { paused: !zone.paused }), zone.paused ? 'The proxy is on again.' : 'Paused: names are answered without the proxy.'); reload() }}>
            {zone.paused ? 'Resume the proxy' : 'Pause the proxy'}
          </button>
          <Sure label="Delete the zone" button={`Delete ${zone.name}`} question={<>Its records, rules and certificates go with it, and its names are answered no more. This cannot be taken back.</>}
            does={async () => { await cf('DELETE', `zones/${zone.id}`); say(`${zone.name} is deleted.`); go('/zones') }} />
        </div>
      </Card>
    </>
  )
}

export function Zone ({ name, tab }: { name: string, tab: string }) {
  const zone = useLoad(async () => (await cf<ZoneRow>('GET', `zones/${encodeURIComponent(name)}`)).result, [name], 10000)
  return (
    <main id="main">
      <p class="crumbs"><Link to="/zones">Zones</Link></p>
      <div class="head"><h1>{name}</h1>{zone.data && <ZoneStatus zone={zone.data} />}{zone.data?.paused && <Status kind="warn">the proxy is off</Status>}</div>
      <nav class="tabs" aria-label={`Pages of ${name}`}>
        {TABS.map(([id, title]) => <Link key={id} to={`/zones/${name}/${id}`} current={id === tab}>{title}</Link>)}
      </nav>
      <Show of={zone}>
        {z => tab === 'dns' ? <Dns zone={z} /> : tab === 'ssl' ? <Ssl zone={z} /> : tab === 'caching' ? <Caching zone={z} /> : tab === 'security' ? <Security zone={z} /> : tab === 'analytics' ? <><Analytics path={`zones/${z.id}/analytics`} /><Tops path={`zones/${z.id}/analytics`} /><Questions path={`zones/${z.id}`} /></> : <Overview zone={z} reload={zone.reload} />}
      </Show>
    </main>
  )
}
