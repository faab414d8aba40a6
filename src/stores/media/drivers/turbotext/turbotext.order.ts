import { ReasonError } from '../../media.reasons.js';
import type { DriverTask } from '../driver.js';
import type { TurbotextSettings } from './turbotext.settings.js';

/** What is asked of Turbotext: a method of its API, and the fields of the form. */
export interface TurbotextOrder {
  readonly method: string;
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * The photo and its templates get public addresses.
 * @throws PROVIDER_FAILED for a slot that lacks what its operation needs; what `publish` throws
 */
export async function turbotextOrder(
  task: DriverTask,
  settings: TurbotextSettings,
): Promise<TurbotextOrder> {
  if (task.operation === 'identity_transfer') return faces(task, settings);
  return task.operation === 'style_transfer' ? style(task, settings) : edit(task, settings);
}

async function edit(task: DriverTask, settings: TurbotextSettings): Promise<TurbotextOrder> {
  const { strength, scale, seed, negative_prompt, original_language } = settings;
  return {
    method: 'generate_image2image',
    fields: fieldsOf({
      url: await published(task),
      content: promptOf(settings),
      strength,
      scale,
      seed,
      negative_prompt,
      original_language,
    }),
  };
}

async function style(task: DriverTask, settings: TurbotextSettings): Promise<TurbotextOrder> {
  return {
    method: 'mix_images',
    fields: fieldsOf({
      url_image_target: await published(task),
      url: await published(task, 'style'),
      content: promptOf(settings),
    }),
  };
}

/** A template `face` goes onto the photo; with a template `subject` the face of the photo goes onto that. */
async function faces(
  task: DriverTask,
  { face_restore }: TurbotextSettings,
): Promise<TurbotextOrder> {
  const isOntoTemplate = task.templates.some(({ mediaKind }) => mediaKind === 'subject');
  const photo = await published(task);
  const template = await published(task, isOntoTemplate ? 'subject' : 'face');
  const [url, urlOfFace] = isOntoTemplate ? [template, photo] : [photo, template];
  return {
    method: 'deepfake_photo',
    fields: fieldsOf({
      url,
      url_image_target: urlOfFace,
      // As its documentation writes it.
      face_restore: face_restore === undefined ? undefined : face_restore ? 'True' : 'False',
    }),
  };
}

/** Of the photo, or of the template of a kind. */
async function published(task: DriverTask, kind?: string): Promise<string> {
  const image =
    kind === undefined ? task.image : task.templates.find(({ mediaKind }) => mediaKind === kind);
  if (!image) throw lacks(`a template image of the kind ${String(kind)}`);
  return (await task.publish(image)).href;
}

function promptOf({ prompt }: TurbotextSettings): string {
  if (prompt === undefined) throw lacks('a prompt');
  return prompt;
}

function lacks(what: string): ReasonError {
  return new ReasonError('PROVIDER_FAILED', { detail: `turbotext: the slot lacks ${what}` });
}

function fieldsOf(
  given: Readonly<Record<string, string | number | undefined>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    ),
  );
}
