// The metrics of what a node does: requests, reads, writes, calls, datagrams. Names are promises.
import { samplesOf } from '../../system/metrics/counts.ts'
import type { Metric } from '../../system/metrics/text.ts'
import { unlabelled } from './counts.ts'
import { byLabel, single, type Snapshot } from './snapshot.ts'

export const TRAFFIC_METRICS: readonly Metric<Snapshot>[] = [
  {
    name: 'diststore_http_requests_total',
    help: 'Requests of clients answered, by route and HTTP status.',
    type: 'counter',
    labels: ['route', 'status'],
    read: ({ counts }) => counts.requests.samples(),
  },
  {
    name: 'diststore_http_request_seconds',
    help: 'Time from when a request was read to when its answer was ready to be sent.',
    type: 'histogram',
    labels: ['route'],
    read: ({ counts }) => counts.requests.timings(),
  },
  {
    name: 'diststore_reads_total',
    help: 'Reads of the cluster by where the answer came from (local: local entry or master; copy; fetched; none) and what it was.',
    type: 'counter',
    labels: ['source', 'result'],
    read: ({ counts }) => samplesOf(counts.reads),
  },
  {
    name: 'diststore_writes_total',
    help: 'Writes and deletes that clients sent to this node, by what became of them.',
    type: 'counter',
    labels: ['outcome'],
    read: ({ counts }) => samplesOf(counts.writes),
  },
  {
    name: 'diststore_node_requests_total',
    help: 'Requests of other nodes that this node took, by kind.',
    type: 'counter',
    labels: ['kind'],
    read: ({ counts }) => samplesOf(counts.requestsIn),
  },
  {
    name: 'diststore_node_requests_refused_total',
    help: 'Requests of other nodes that were not let in, by reason.',
    type: 'counter',
    labels: ['reason'],
    read: ({ refusals }) => byLabel('reason', refusals.calls),
  },
  {
    name: 'diststore_node_calls_total',
    help: 'Calls to other nodes, by kind and by how they ended (response, refused, broken, late).',
    type: 'counter',
    labels: ['kind', 'outcome'],
    read: ({ counts }) => samplesOf(counts.callsOut),
  },
  {
    name: 'diststore_node_call_seconds',
    help: 'Time that calls to other nodes took, answered or not.',
    type: 'histogram',
    labels: ['kind'],
    read: ({ counts }) => counts.callTimes.all(),
  },
  {
    name: 'diststore_node_answers_refused_total',
    help: 'Answers of other nodes that did not count, by reason.',
    type: 'counter',
    labels: ['reason'],
    read: ({ refusals }) => byLabel('reason', refusals.answers),
  },
  {
    name: 'diststore_datagrams_in_total',
    help: 'Datagrams taken, by kind and way; the own heartbeats, heard back, count too.',
    type: 'counter',
    labels: ['kind', 'way'],
    read: ({ counts }) => samplesOf(counts.datagramsIn),
  },
  {
    name: 'diststore_datagrams_out_total',
    help: 'Datagrams handed to the socket, by kind.',
    type: 'counter',
    labels: ['kind'],
    read: ({ counts }) => samplesOf(counts.datagramsOut),
  },
  {
    name: 'diststore_datagrams_refused_total',
    help: 'Datagrams that came in and were dropped, by reason.',
    type: 'counter',
    labels: ['reason'],
    read: ({ refusals }) => byLabel('reason', refusals.packets),
  },
  {
    name: 'diststore_datagram_errors_total',
    help: 'Datagrams that could not be sent, and other errors of the sockets.',
    type: 'counter',
    labels: [],
    read: ({ datagramErrors }) => single(datagramErrors),
  },
  {
    name: 'diststore_store_flush_seconds',
    help: 'Time from when changes were handed to the store to when they were as durable as it promises.',
    type: 'histogram',
    labels: [],
    read: ({ counts }) => unlabelled(counts.flushes),
  },
  {
    name: 'diststore_event_loop_delay_seconds',
    help: 'How late the tick of the node ran, of at most 20 a second: the delay that every request and packet meets.',
    type: 'histogram',
    labels: [],
    read: ({ counts }) => unlabelled(counts.loopDelay),
  },
  {
    name: 'diststore_log_lines_total',
    help: 'Events, by level, whether the log level lets them through or not.',
    type: 'counter',
    labels: ['level'],
    read: ({ counts }) => samplesOf(counts.logLines),
  },
]
