import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { earwitness, fixture, MAIN } from './program.ts'

const speech = fixture('real-speech')
const KEY = `test=${'0'.repeat(64)}`

describe('earwitness --help', () => {
  it.each([
    ['', /Commands:.*serve.*watch.*mel.*model.*evaluate.*bench.*Exit: 0 done, 1 failed, 2 wrong usage/s],
    ['serve', /--port.*--transport.*--limit/s],
    ['watch', /--realtime.*--json/s],
    ['mel', /--out/],
    ['key', /new.*list.*remove/s],
    ['model', /import/],
    ['evaluate', /--plots.*path,label,system/s],
    ['bench', /latency/],
  ])('of "%s" goes to standard output, names what there is, and teaches by example', async (command, names) => {
    const { code, stdout, stderr } = await earwitness([...(command === '' ? [] : [command]), '--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(names)
    expect(stdout).toMatch(/Examples?:\n {2}\$ earwitness /)
  })
})

describe('earwitness --version', () => {
  it('prints the version of the package', async () => {
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
    expect(await earwitness(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })
})

describe('earwitness, used wrongly, ends with 2 and says', () => {
  it.each([
    ['what there is', [], /Usage: earwitness/],
    ['that there is no such command', ['listen'], /unknown command 'listen'/],
    ['that there is no such option', ['watch', speech, '--fast'], /unknown option '--fast'.*--help/s],
    ['that a file is missing', ['watch'], /missing required argument 'source'.*--help/s],
    ['which of two files', ['watch', 'a.wav', 'b.wav'], /one source at a time; got a\.wav and b\.wav/],
    ['the range of a parameter', ['watch', speech, '--hop', '99'], /hop: .*<=10.*99/],
    ['that a number is none', ['watch', speech, '--hop', 'soon'], /--hop.*must be a number/],
    ['which encodings there are', ['watch', speech, '--encoding', 'mp3'], /Allowed choices are s16le, /],
    ['which encodings a file may have', ['watch', speech, '--encoding', 'opus'], /mulaw, alaw, ogg-opus, webm-opus/],
    ['where to write', ['mel', speech], /required option '--out <file>'/],
    ['which endings there are', ['mel', speech, '--out', 'x.txt'], /must end in \.npy or \.png; got x\.txt/],
    ['which recipes there are', ['mel', speech, '--out', 'x.npy', '--frontend', 'mfcc'], /torchaudio-mel, kaldi-fbank/],
    ['which limits there are', ['serve', '--limit', 'nonsense=1'], /no limit named nonsense; there are messageBytes, /],
    ['that streams are whole', ['serve', '--limit', 'streams=2.5'], /streams must be a whole number/],
    ['that a limit has one value', ['serve', '--limit', 'streams=5=6'], /must be one NAME=VALUE/],
    ['that a limit is above 0', ['serve', '--limit', 'streams=0'], /streams must be above 0/],
    ['how many channels there may be', ['serve', '--limit', 'channels=9'], /channels must be at most 8; the protocol/],
    ['how long a limit may be', ['serve', '--limit', 'idleSeconds=3000000'], /idleSeconds must be at most 2073600/],
    [
      'that a limit of an age may be longer',
      ['serve', '--limit', 'tokenSeconds=3000000', '--port', '99999'],
      /from 0 to 65535/,
    ],
    ['that a thread is not cut in two', ['serve', '--threads', '1.5'], /--threads.*whole number from 1 on/],
    ['that no thread is too few', ['serve', '--threads', '0'], /--threads.*whole number from 1 on/],
    [
      'that models go by their names',
      ['serve', '--port', '0', '--model', 'default', 'default'],
      /two models are named/,
    ],
    ['which ports there are', ['serve', '--port', '99999'], /whole number from 0 to 65535/],
    [
      'that others need a key, and what makes one',
      ['serve', '--host', '0.0.0.0', '--port', '0'],
      /--host 0\.0\.0\.0 .*`earwitness key new NAME --keys keys\.json` makes one, and `--keys keys\.json` lets it in/,
    ],
    ['that a certificate needs its key', ['serve', '--tls-cert', 'c.pem'], /--tls-cert and --tls-key go together/],
    ['that an issuer needs a key', ['serve', '--port', '0', '--jwt-issuer', 'x'], /--jwt-issuer .* need --jwt-key/],
    ['what an origin is', ['serve', '--origin', 'example.com'], /example\.com is no origin.*https:\/\/example\.com/],
    ['what a stored key is', ['serve', '--key', 'alice'], /--key: sha256: .*`earwitness key new NAME`/],
    ['what a proxy is', ['serve', '--trust-proxy', 'proxy'], /proxy is no address and no network/],
    ['which folder is no manifest', ['evaluate', 'test'], /the manifest test: this is a folder; name a file/],
    ['which transports there are', ['serve', '--transport', 'tcp'], /Allowed choices are ws, uws/],
  ])('%s', async (_, words, message) => {
    const { code, stdout, stderr } = await earwitness(words)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(message)
  })
})

describe('earwitness, where something fails, ends with 1 and says', () => {
  it.each([
    ['which file is missing', ['watch', 'nobody.wav'], /nobody\.wav: there is no such file or folder; check the path/],
    ['which raw file is missing', ['watch', 'nobody.raw', '--encoding', 's16le'], /nobody\.raw: there is no such file/],
    ['that a folder is no file', ['watch', 'test'], /test is a folder; name one audio file/],
    [
      'which folder is no file of keys',
      ['serve', '--port', '0', '--keys', 'test'],
      /: test: this is a folder; name a file/,
    ],
    ['which folder is no secret', ['serve', '--port', '0', '--token-secret', 'test'], /: test: this is a folder/],
    ['which folder is no key of JWTs', ['serve', '--port', '0', '--jwt-key', 'test'], /: test: this is a folder/],
    [
      'which folder is no certificate',
      ['serve', '--port', '0', '--tls-cert', 'test', '--tls-key', 'test'],
      /: test: this is a folder/,
    ],
    ['which file is missing for mel', ['mel', 'nobody.wav', '--out', 'x.npy'], /nobody\.wav: there is no such file/],
    [
      'where it cannot write',
      ['mel', speech, '--out', '/nowhere/x.npy'],
      /\/nowhere\/x\.npy: there is no such file or folder/,
    ],
    ['which model is missing', ['watch', speech, '--model', 'nobody'], /nobody.*no such file; `earwitness model list`/],
    [
      'that a server has no such model',
      ['serve', '--port', '0', '--model', 'nobody'],
      /nobody.*`earwitness model list`/,
    ],
    [
      'that no server is there',
      ['watch', 'ws://localhost:9', speech],
      /localhost:9 cannot be reached; is `earwitness serve`/,
    ],
    [
      'that it cannot listen there',
      ['serve', '--host', '192.0.2.1', '--port', '0', '--key', KEY],
      /cannot listen there.*--host 0\.0\.0\.0/,
    ],
    [
      'so over uws too',
      ['serve', '--host', '192.0.2.1', '--port', '0', '--transport', 'uws', '--key', KEY],
      /cannot listen there/,
    ],
  ])('%s', async (_, words, message) => {
    const { code, stdout, stderr } = await earwitness(words)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/\n {4}at /)
  })
})

describe.runIf(existsSync('/dev/full'))('earwitness on a full disk', () => {
  const inShell = (line: string, ...words: string[]) =>
    spawnSync('sh', ['-c', line, process.execPath, MAIN, ...words], { encoding: 'utf8' })

  it('says that its results cannot be written, and ends with 1', () => {
    const { status, stderr } = inShell('exec "$0" "$@" >/dev/full', 'watch', '--json', speech)
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: 'earwitness: standard output: ENOSPC: no space left on device, write\n',
    })
  })

  it('drops its words where only they cannot be written', () => {
    const { status, stdout } = inShell(
      'exec "$0" "$@" 2>/dev/full',
      'bench',
      'decode',
      '--packets',
      '1',
      '--rounds',
      '1',
    )
    expect({ status, bench: JSON.parse(stdout).bench }).toEqual({ status: 0, bench: 'decode' })
  })
})
