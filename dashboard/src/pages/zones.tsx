// SPDX-License-Identifier: Apache-2.0
// All zones, and the way to a new one.
import { useState } from 'preact/hooks'
import { all, cf } from '../api'
import { Dialog, Empty, Form, Link, Show, Status, Table, Text, When, go, say, useLoad } from '../ui'

export interface ZoneRow { id: string, name: string, status: string, paused: boolean, name_servers: string[], created_on: string, activated_on: string | null }

export function ZoneStatus ({ zone }: { zone: ZoneRow }) {
  if (zone.paused) return <Status kind="calm">Paused</Status>
  if (zone.status === 'active') return <Status kind="good">Active</Status>
  return <Status kind="warn">{zone.status === 'pending' ? 'Waits for its name servers' : zone.status}</Status>
}

function AddZone ({ close }: { close: () => void }) {
  const [name, set] = useState('')
  return (
    <Dialog title="Add a zone" close={close}>
      <Form button="Add zone" send={async () => {
        const a = await cf<ZoneRow>('POST', 'zones', { name: name.trim() })
        say(`${a.result.name} is added.`)
        go(`/zones/${a.result.name}`)
      }}>
        {about => <Text label="Domain name" value={name} set={set} wide placeholder="example.com" error={about('/name')} hint="The name you registered, without www." />}
      </Form>
    </Dialog>
  )
}

export function Zones () {
  const zones = useLoad(() => all<ZoneRow>('zones'), [], 15000)
  const [adding, add] = useState(false)
  const [filter, setFilter] = useState('')
  return (
    <main id="main">
      <div class="head"><h1>Zones</h1><button type="button" class="primary" onClick={() => add(true)}>Add a zone</button></div>
      {adding && <AddZone close={() => add(false)} />}
      <Show of={zones}>
        {list => list.length === 0
          ? <Empty>No zone yet. Add the domain of a site: Seawall then answers its DNS, and can stand in front of it.</Empty>
          : (
            <>
              {list.length > 8 && <Text label="Filter" value={filter} set={setFilter} placeholder="part of a name" />}
              <Table heads={['Name', 'Status', 'Added']} label="Zones">
                {list.filter(z => z.name.includes(filter.trim().toLowerCase())).slice(0, 500).map(z => (
                  <tr key={z.id}><td><Link to={`/zones/${z.name}`}>{z.name}</Link></td><td><ZoneStatus zone={z} /></td><td><When at={z.created_on} /></td></tr>
                ))}
              </Table>
            </>
            )}
      </Show>
    </main>
  )
}
