import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rbacManifests } from './manifests.ts';

await writeFile(join(import.meta.dirname, '../base/rbac.yaml'), rbacManifests());
