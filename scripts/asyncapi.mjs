// Writes docs/asyncapi.json from the schemas of src/protocol, as they were built; with --print to standard output.
import { readFileSync, writeFileSync } from 'node:fs'
import { toJsonSchema } from '@valibot/to-json-schema'
import { ERROR_CODES } from '../dist/src/protocol/errors.js'
import { ServerEventSchema } from '../dist/src/protocol/events.js'
import { DEFAULT_LIMITS } from '../dist/src/protocol/limits.js'
import { StreamParametersSchema } from '../dist/src/protocol/parameters.js'
import { WARNING_CODES } from '../dist/src/protocol/warnings.js'

const root = new URL('..', import.meta.url)
const { version, description, license } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))

const EVENTS = {
  ready: 'First: what was understood of the audio, the model and the limits.',
  score: 'One window of one channel.',
  alert: 'An alert was raised or cleared.',
  warning: 'Something is wrong with the audio or its pace; the stream goes on.',
  summary: 'After finalize, close and the end of the server: the whole of each channel.',
  ack: 'Where `resume` was asked for: how far the stream is kept, and the token with which another connection goes on.',
  draining: 'The server stops soon: move, or end.',
  error: 'A window or the stream failed. Where `fatal` is true the socket is closed after it.',
}
const WORDS = {
  keepAlive:
    'Keeps a stream without audio from being closed as idle. Where `resume` was asked for, the newest `ack` answers.',
  finalize: 'Asks for the scores of what is there, and a summary; the stream goes on.',
  close: 'Ends the audio: what is there is scored, the summary comes, the socket closes with 1000.',
}

const text = `${JSON.stringify(document(), null, 2)}\n`
if (process.argv.includes('--print')) process.stdout.write(text)
else writeFileSync(new URL('docs/asyncapi.json', root), text)

function document() {
  const parameters = jsonSchema(StreamParametersSchema, 'input')
  const messages = { ...clientMessages(parameters), ...serverMessages() }
  const reference = (name) => ({ $ref: `#/channels/stream/messages/${name}` })
  return {
    asyncapi: '3.0.0',
    info: { title: 'earwitness', version, description, license: { name: license } },
    servers: { local: { host: 'localhost:8080', protocol: 'ws', description: 'What `npm start` runs.' } },
    channels: {
      stream: {
        address: '/v1/stream',
        description: 'One stream. Its parameters come in the query or in a first `start` message.',
        messages: Object.fromEntries(
          Object.keys(messages).map((name) => [name, { $ref: `#/components/messages/${name}` }]),
        ),
        bindings: { ws: { method: 'GET', query: parameters } },
      },
    },
    operations: {
      hear: {
        action: 'receive',
        channel: { $ref: '#/channels/stream' },
        messages: ['audio', 'start', ...Object.keys(WORDS)].map(reference),
      },
      tell: { action: 'send', channel: { $ref: '#/channels/stream' }, messages: Object.keys(EVENTS).map(reference) },
    },
    components: { messages },
    'x-error-codes': ERROR_CODES,
    'x-warning-codes': WARNING_CODES,
    'x-limits': DEFAULT_LIMITS,
  }
}

function clientMessages(parameters) {
  const audio = {
    summary: 'Audio of the encoding that was agreed, cut anywhere; of `opus` one packet.',
    contentType: 'application/octet-stream',
    payload: { type: 'string', format: 'binary' },
  }
  const start = message('The parameters, where the query had none.', {
    type: 'object',
    properties: { type: { const: 'start' }, ...parameters.properties },
    required: ['type'],
  })
  const words = Object.entries(WORDS).map(([type, summary]) => [
    type,
    message(summary, { type: 'object', properties: { type: { const: type } }, required: ['type'] }),
  ])
  return { audio, start, ...Object.fromEntries(words) }
}

function serverMessages() {
  const messages = ServerEventSchema.options.map((schema) => {
    const type = schema.entries.type.literal
    return [type, message(EVENTS[type], jsonSchema(schema, 'output'))]
  })
  return Object.fromEntries(messages)
}

function message(summary, payload) {
  return { summary, contentType: 'application/json', payload }
}

function jsonSchema(schema, typeMode) {
  const { $schema: _, ...plain } = toJsonSchema(schema, { typeMode })
  return plain
}
