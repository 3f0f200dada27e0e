// SPDX-License-Identifier: Apache-2.0
// All apps of the platform.
import { useState } from 'preact/hooks'
import { v1 } from '../api'
import { Dialog, Empty, Form, Link, Show, Status, Table, Text, When, go, useLoad } from '../ui'

export interface AppRow { id: string, name: string, status: string, url: string, base_url: string, region: string, created_at: string, last_deployed_at: string | null, force_https: boolean, sticky_session: boolean, router_logs: boolean }

export function AppStatus ({ status }: { status: string }) {
  return <Status kind={status === 'running' ? 'good' : status === 'crashed' ? 'bad' : status === 'new' ? 'calm' : 'warn'}>{status}</Status>
}

function Create ({ close }: { close: () => void }) {
  const [name, set] = useState('')
  return (
    <Dialog title="Create an app" close={close}>
      <Form button="Create app" send={async () => { const a = await v1<{ app: AppRow }>('POST', 'apps', { app: { name: name.trim() } }); go(`/apps/${a.app.name}`) }}>
        {about => <Text label="Name" value={name} set={set} wide placeholder="my-app" error={about('/name')} hint="Letters, digits and hyphens; it becomes a part of the app's address." />}
      </Form>
    </Dialog>
  )
}

export function Apps () {
  const apps = useLoad(async () => (await v1<{ apps: AppRow[] }>('GET', 'apps')).apps, [], 15000)
  const [creating, create] = useState(false)
  return (
    <main id="main">
      <div class="head"><h1>Apps</h1><button type="button" class="primary" onClick={() => create(true)}>Create an app</button></div>
      {creating && <Create close={() => create(false)} />}
      <Show of={apps}>
        {list => list.length === 0
          ? <Empty>No app yet. An app is what answers: instances at addresses, or processes that this node starts.</Empty>
          : (
            <Table heads={['Name', 'Status', 'Address', 'Last deployed']} label="Apps">
              {list.map(a => <tr key={a.id}><td><Link to={`/apps/${a.name}`}>{a.name}</Link></td><td><AppStatus status={a.status} /></td><td class="long"><a href={a.base_url} rel="noreferrer">{a.base_url.replace(/^https?:\/\//, '')}</a></td><td><When at={a.last_deployed_at} /></td></tr>)}
            </Table>
            )}
      </Show>
    </main>
  )
}
