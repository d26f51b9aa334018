import { acceptDrops } from './drop-zone.ts'
import { element } from './elements.ts'
import { EvidenceStrip } from './evidence-strip.ts'
import { FileSource } from './file-source.ts'
import { MelFeed } from './mel-feed.ts'
import { openMicrophone } from './microphone.ts'
import { defaultModel } from './models.ts'
import { Page } from './page.ts'
import { SourceBar } from './source-bar.ts'
import { openTab } from './tab-source.ts'

const STREAM = new URL('v1/stream', location.href)
const MODELS = new URL('v1/models', location.href)

const model = await defaultModel(MODELS)
const strip = new EvidenceStrip()
const mel = await openMel()
const bar = new SourceBar({
  microphone: () => void page.listenTo('microphone', openMicrophone),
  tab: () => void page.listenTo('tab', openTab),
  file: (file) => playFile(file),
  stop: () => void page.stop(),
})
const page = new Page(bar, mel, strip, STREAM)
acceptDrops(playFile)
if (model !== undefined) page.showModel(model)

/** Whoever cannot see the sound can still have it judged. */
async function openMel(): Promise<MelFeed | undefined> {
  try {
    return await MelFeed.open(model?.frontend ?? 'torchaudio-mel', (endFrame) => strip.scrollTo(endFrame))
  } catch (cause) {
    console.warn('the picture of the sound cannot be drawn:', cause)
    element('mel-panel', HTMLElement).hidden = true
    return undefined
  }
}

function playFile(file: File): void {
  void page.listenTo('file', () => FileSource.open(file))
}
