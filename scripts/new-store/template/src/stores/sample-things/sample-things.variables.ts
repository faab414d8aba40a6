import { whole } from '@holdfast/guard/variable';

export const sampleThingsVariables = {
  SAMPLE_THINGS_MOST_CHARACTERS: whole(1, 65_536, 4096, 'most characters of a text'),
};
