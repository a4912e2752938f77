// Made by npm run generate from openapi/openapi.yaml. Do not edit.

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
   * A branch, tag, full ref name or full commit hash. If absent or empty, the default branch.
   */
  ref?: string;
  /**
   * Environment variables of the build. A name has at least three characters. All names and values together may have 16 KiB.
   */
  envvars?: {
    [k: string]: string;
  };
  /**
   * The image's name in the tool's project. If absent, `tool-` and the tool's name.
   */
  image_name?: string;
  use_latest_versions?: boolean;
  use_deprecated_versions?: boolean;
}
export interface NewBuild {
  /**
   * The build's id. Other responses call it `build_id`.
   */
  name: string;
  /**
   * The commit that is built.
   */
  resolved_ref: string;
  parameters: BuildParameters;
  /**
   * Position in the tool's queue. Absent when the build runs.
   */
  queue_position?: number;
}
export interface Build {
  build_id: string;
  /**
   * Time in RFC 3339, or "" while the build waits.
   */
  start_time: string;
  /**
   * Time in RFC 3339, or "" until the build has finished.
   */
  end_time: string;
  status: Status;
  /**
   * Why the build waits or failed. For a failed step: its name, its exit code and its last lines.
   */
  message: string;
  parameters: BuildParameters;
  destination_image: string;
  resolved_ref: string;
  queue_position?: number;
  /**
   * Whether the log still grows
   */
  log?: 'live' | 'complete' | 'truncated' | 'lost';
}
export interface QuotaItem {
  name: string;
  limit: string;
  used: string;
  available: string;
  /**
   * Share of the limit that is used, such as "42%".
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
   * The token's issuer and subject, or the certificate's tool.
   */
  subject: string;
  /**
   * The kind of the caller's credential.
   */
  proof: 'person' | 'ci' | 'service-account' | 'gateway';
  /**
   * Expiry of the credential in RFC 3339. Absent when the credential has no expiry.
   */
  expires?: string;
  tools: {
    tool: string;
    scopes: Scope[];
  }[];
}
export interface ProtectedResource {
  /**
   * The resource to request a token for (RFC 8707).
   */
  resource: string;
  authorization_servers: string[];
  scopes_supported: Scope[];
  bearer_methods_supported: string[];
  /**
   * The public client of each issuer, with which a command line signs in. Not part of RFC 9728.
   */
  clients: {
    issuer: string;
    client_id: string;
    /**
     * The scopes to request, separated by spaces.
     */
    scope: string;
  }[];
}
export interface Error {
  error: string[];
  code: string;
}
