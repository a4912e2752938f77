// Generated from openapi/openapi.yaml by `npm run generate`. Do not edit.

export type Status =
  | 'BUILD_PENDING'
  | 'BUILD_RUNNING'
  | 'BUILD_SUCCESS'
  | 'BUILD_FAILURE'
  | 'BUILD_CANCELLED'
  | 'BUILD_TIMEOUT'
  | 'BUILD_UNKNOWN';
export type Scope = 'read' | 'build' | 'admin';

export interface Contract {
  Messages?: Messages;
  BuildParameters?: BuildParameters;
  NewBuild?: NewBuild;
  Status?: Status;
  Build?: Build;
  QuotaItem?: QuotaItem;
  QuotaCategory?: QuotaCategory;
  Quota?: Quota;
  StartResponse?: StartResponse;
  ListResponse?: ListResponse;
  BuildResponse?: BuildResponse;
  IdResponse?: IdResponse;
  MessagesResponse?: MessagesResponse;
  QuotaResponse?: QuotaResponse;
  Health?: Health;
  Scope?: Scope;
  Caller?: Caller;
  ProtectedResource?: ProtectedResource;
  Error?: Error;
}
export interface Messages {
  info: string[];
  warning: string[];
  error: string[];
}
export interface BuildParameters {
  /**
   * The https URL of a public git repository.
   */
  source_url: string;
  /**
   * A branch, tag, full ref name or full commit hash; the default branch when absent or empty.
   */
  ref?: string;
  /**
   * Variables the build sees. Names need three characters or more; 16 KiB together.
   */
  envvars?: {
    [k: string]: string;
  };
  /**
   * The image's name in the tool's project; `tool-` and the tool's name when absent.
   */
  image_name?: string;
  use_latest_versions?: boolean;
  use_deprecated_versions?: boolean;
}
export interface NewBuild {
  /**
   * The build's id, `build_id` elsewhere.
   */
  name: string;
  /**
   * The commit that is built.
   */
  resolved_ref: string;
  parameters: BuildParameters;
  /**
   * Place in the tool's queue; absent when it runs.
   */
  queue_position?: number;
}
export interface Build {
  build_id: string;
  /**
   * RFC 3339, or "" while it waits
   */
  start_time: string;
  /**
   * RFC 3339, or "" until it has finished
   */
  end_time: string;
  status: Status;
  /**
   * Why it waits or failed: the step, its exit code and its last lines.
   */
  message: string;
  parameters: BuildParameters;
  destination_image: string;
  resolved_ref: string;
  queue_position?: number;
  /**
   * Whether the log is all there.
   */
  log?: 'live' | 'complete' | 'truncated' | 'lost';
}
export interface QuotaItem {
  name: string;
  limit: string;
  used: string;
  available: string;
  /**
   * Used of limit, as "42%".
   */
  capacity: string;
}
export interface QuotaCategory {
  name: string;
  items: QuotaItem[];
}
export interface Quota {
  categories: QuotaCategory[];
}
export interface StartResponse {
  messages: Messages;
  new_build: NewBuild;
}
export interface ListResponse {
  messages: Messages;
  builds: Build[];
}
export interface BuildResponse {
  messages: Messages;
  build: Build;
}
export interface IdResponse {
  messages: Messages;
  id: string;
}
export interface MessagesResponse {
  messages: Messages;
}
export interface QuotaResponse {
  messages: Messages;
  quota: Quota;
}
export interface Health {
  status: 'OK' | 'ERROR';
  messages: Messages;
}
export interface Caller {
  messages: Messages;
  /**
   * The issuer and its name for the caller, or the certificate's name.
   */
  subject: string;
  proof: 'person' | 'ci' | 'service-account' | 'gateway';
  /**
   * When the proof ends, as RFC 3339; absent where it does not say.
   */
  expires?: string;
  tools: {
    tool: string;
    scopes: Scope[];
  }[];
}
export interface ProtectedResource {
  /**
   * What to ask a token for (RFC 8707).
   */
  resource: string;
  authorization_servers: string[];
  scopes_supported: Scope[];
  bearer_methods_supported: string[];
  /**
   * Beyond RFC 9728: the public client of each issuer as which a command line signs in.
   */
  clients: {
    issuer: string;
    client_id: string;
    /**
     * The scopes to ask for, with spaces between.
     */
    scope: string;
  }[];
}
export interface Error {
  error: string[];
  code: string;
}
