import django from './django.json' with { type: 'json' };
import efCore from './ef-core.json' with { type: 'json' };
import ghost from './ghost.json' with { type: 'json' };
import grafana from './grafana.json' with { type: 'json' };
import homeAssistant from './home-assistant.json' with { type: 'json' };
import n8n from './n8n.json' with { type: 'json' };
import nextcloud from './nextcloud.json' with { type: 'json' };
import prisma from './prisma.json' with { type: 'json' };
import rails from './rails.json' with { type: 'json' };
import strapi from './strapi.json' with { type: 'json' };
import uptimeKuma from './uptime-kuma.json' with { type: 'json' };
import vaultwarden from './vaultwarden.json' with { type: 'json' };

/** What is known of the databases that a program makes: where its schema comes from, and what its values mean. */
export interface Preset {
  readonly name: string;
  readonly title: string;
  /** All of them are there in a database of the program. */
  readonly tables: readonly string[];
  /** As of `--map`; those that mean nothing that is copied are passed over. */
  readonly rules: readonly string[];
  /** As of `--exclude`, where they are there. */
  readonly exclude: readonly string[];
  /** Of the command that copies into the schema that the program makes. */
  readonly options: readonly string[];
  /** How the program makes its schema in PostgreSQL. */
  readonly schema: string;
  readonly notes: readonly string[];
}

/** In the order in which a database is compared with them. */
export const PRESETS: readonly Preset[] = [
  django,
  rails,
  prisma,
  strapi,
  ghost,
  efCore,
  vaultwarden,
  grafana,
  homeAssistant,
  nextcloud,
  n8n,
  uptimeKuma,
];

/** The program that has made a database with these tables. */
export function presetOf(tables: readonly string[]): Preset | undefined {
  const there = new Set(tables);
  return PRESETS.find((preset) => preset.tables.every((name) => there.has(name)));
}
