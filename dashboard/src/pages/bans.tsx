// SPDX-License-Identifier: Apache-2.0
// Who is not let in, who can never be banned, and whether the kernel drops it.
import { useState } from 'preact/hooks'
import { all, cf } from '../api'
import { Card, Choice, Empty, Form, Show, Status, Sure, Table, Text, When, number, say, useLoad } from '../ui'

interface Ban { id: string, network: string, reason: string, source: string, created_on: string, expires_on?: string }
interface Kernel { state: string, reason?: string, interfaces: { name: string, mode?: string, reason?: string }[], dropped: { banned: number, paced: number } }

const HOW_LONG: [string, string][] = [['900', '15 minutes'], ['21600', '6 hours'], ['86400', 'a day'], ['604800', 'a week'], ['2592000', '30 days']]

function Add ({ list, title, hint, done }: { list: 'bans' | 'allows', title: string, hint: string, done: () => Promise<unknown> }) {
  const [network, setNetwork] = useState('')
  const [reason, setReason] = useState('')
  const [seconds, setSeconds] = useState('86400')
  return (
    <Form button={title} danger={list === 'bans'} send={async () => {
      await cf('POST', `seawall/${list}`, { network: network.trim(), reason, ...list === 'bans' && { expires_in: Number(seconds) } })
      say(list === 'bans' ? `${network.trim()} is not let in any more.` : `${network.trim()} can never be banned.`)
      setNetwork('')
      setReason('')
      await done()
    }}>
      {about => (
        <>
          <Text label="Address or network" value={network} set={setNetwork} error={about('/network')} hint={hint} />
          {list === 'bans' && <Choice label="For" value={seconds} set={setSeconds} of={HOW_LONG} />}
          <Text label="Why" value={reason} set={setReason} error={about('/reason')} />
        </>
      )}
    </Form>
  )
}

function KernelDrop () {
  const kernel = useLoad(async () => (await cf<Kernel>('GET', 'seawall/kernel_drop')).result, [], 5000)
  return (
    <Card title="Dropped by the kernel">
      <Show of={kernel}>
        {k => k.interfaces.length === 0
          ? <p><Status kind="warn">No</Status> {k.reason}. The edges close such connections themselves.</p>
          : (
            <>
              <p><Status kind={k.state === 'xdp' ? 'good' : 'warn'}>{k.state === 'xdp' ? 'Yes' : 'No'}</Status> {number(k.dropped.banned)} packets of banned networks, {number(k.dropped.paced)} of addresses that opened connections too fast.</p>
              <Table heads={['Interface', 'XDP']} label="Interfaces">
                {k.interfaces.map(i => <tr key={i.name}><td>{i.name}</td><td>{i.mode ? `${i.mode} mode` : i.reason}</td></tr>)}
              </Table>
            </>
            )}
      </Show>
    </Card>
  )
}

export function Bans () {
  const bans = useLoad(() => all<Ban>('seawall/bans', 500), [], 5000)
  const allows = useLoad(() => all<Ban>('seawall/allows', 500), [])
  const remove = async (list: string, b: Ban, after: () => Promise<unknown>) => { await cf('DELETE', `seawall/${list}/${b.id}`); say(`${b.network} is taken off the list.`); await after() }
  return (
    <>
      <Card title="Banned">
        <Add list="bans" title="Ban" hint="192.0.2.1, 192.0.2.0/24 or 2001:db8::/48. Its connections end at once, DNS too." done={bans.reload} />
        <Show of={bans}>
          {list => list.length === 0
            ? <Empty>Nobody.</Empty>
            : (
              <Table heads={['Network', 'By', 'Why', 'Until', '']} label="Banned networks">
                {list.map(b => <tr key={b.id}><td>{b.network}</td><td>{b.source}</td><td class="long">{b.reason || '–'}</td><td><When at={b.expires_on} /></td><td><Sure label="Lift" button="Lift the ban" question={<>{b.network} is let in again.</>} does={() => remove('bans', b, bans.reload)} /></td></tr>)}
              </Table>
              )}
        </Show>
      </Card>
      <Card title="Never banned">
        <Add list="allows" title="Never ban" hint="Offices, health checks, your own fleet. The node spares its own addresses by itself." done={allows.reload} />
        <Show of={allows}>
          {list => list.length === 0
            ? <Empty>Nobody but the node itself and what its configuration names.</Empty>
            : (
              <Table heads={['Network', 'Why', 'Since', '']} label="Networks that are never banned">
                {list.map(b => <tr key={b.id}><td>{b.network}</td><td class="long">{b.reason || '–'}</td><td><When at={b.created_on} /></td><td><Sure label="Remove" button="Remove" question={<>{b.network} can be banned then.</>} does={() => remove('allows', b, allows.reload)} /></td></tr>)}
              </Table>
              )}
        </Show>
      </Card>
      <KernelDrop />
    </>
  )
}
