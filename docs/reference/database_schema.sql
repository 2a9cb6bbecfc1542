-- The schema of revision 0004, as PostgreSQL has it. Made from the code: `make docs`.

CREATE TABLE ai_model (
  user_id UUID,
  id UUID NOT NULL,
  name VARCHAR NOT NULL,
  provider VARCHAR NOT NULL,
  model VARCHAR NOT NULL,
  base_url VARCHAR,
  sealed_api_key BYTEA,
  api_key_last_four VARCHAR,
  context_window INTEGER,
  max_output_tokens INTEGER,
  temperature DOUBLE PRECISION,
  top_p DOUBLE PRECISION,
  options JSON NOT NULL,
  paid BOOLEAN NOT NULL,
  continue_prefix BOOLEAN NOT NULL,
  enabled BOOLEAN NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  deleted_at TIMESTAMP WITH TIME ZONE,
  version INTEGER NOT NULL,
  CONSTRAINT pk_ai_model PRIMARY KEY (id),
  CONSTRAINT ck_ai_model_provider CHECK (provider IN ('local', 'openai', 'openrouter', 'gemini', 'langchain'))
);

CREATE TABLE blob (
  user_id UUID NOT NULL,
  sha256 VARCHAR NOT NULL,
  media_type VARCHAR NOT NULL,
  size INTEGER NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_blob PRIMARY KEY (user_id, sha256)
);

CREATE TABLE idempotency_record (
  user_id UUID NOT NULL,
  route VARCHAR NOT NULL,
  key VARCHAR NOT NULL,
  request_sha256 VARCHAR NOT NULL,
  status INTEGER,
  media_type VARCHAR NOT NULL,
  body VARCHAR NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_idempotency_record PRIMARY KEY (user_id, route, key)
);

CREATE TABLE installation (
  id INTEGER NOT NULL,
  epoch UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_installation PRIMARY KEY (id),
  CONSTRAINT ck_installation_one_row CHECK (id = 1)
);

CREATE TABLE job (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  kind VARCHAR NOT NULL,
  arguments JSON NOT NULL,
  state VARCHAR NOT NULL,
  attempt INTEGER NOT NULL,
  owner VARCHAR,
  lease_until TIMESTAMP WITH TIME ZONE,
  run_at TIMESTAMP WITH TIME ZONE NOT NULL,
  done INTEGER NOT NULL,
  total INTEGER,
  error JSON,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_job PRIMARY KEY (user_id, id),
  CONSTRAINT ck_job_state CHECK (state IN ('queued', 'running', 'complete', 'failed', 'cancelled'))
);

CREATE TABLE prompt_segment (
  user_id UUID NOT NULL,
  sha256 VARCHAR NOT NULL,
  text VARCHAR NOT NULL,
  CONSTRAINT pk_prompt_segment PRIMARY KEY (user_id, sha256)
);

CREATE TABLE search_entry (
  user_id UUID NOT NULL,
  kind VARCHAR NOT NULL,
  id UUID NOT NULL,
  session_id UUID,
  number BIGINT NOT NULL,
  terms VARCHAR NOT NULL,
  CONSTRAINT pk_search_entry PRIMARY KEY (user_id, kind, id),
  CONSTRAINT uq_search_entry_number UNIQUE (user_id, number)
);

CREATE TABLE system_prompt (
  user_id UUID,
  id UUID NOT NULL,
  name VARCHAR NOT NULL,
  content VARCHAR NOT NULL,
  is_default BOOLEAN NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  deleted_at TIMESTAMP WITH TIME ZONE,
  version INTEGER NOT NULL,
  CONSTRAINT pk_system_prompt PRIMARY KEY (id)
);

CREATE TABLE "user" (
  id UUID NOT NULL,
  email VARCHAR,
  name VARCHAR NOT NULL,
  role VARCHAR NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_user PRIMARY KEY (id),
  CONSTRAINT ck_user_role CHECK (role IN ('owner', 'administrator', 'member')),
  CONSTRAINT uq_user_email UNIQUE (email)
);

CREATE TABLE user_preferences (
  user_id UUID NOT NULL,
  voice VARCHAR NOT NULL,
  style VARCHAR NOT NULL,
  platform VARCHAR NOT NULL,
  language VARCHAR NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  version INTEGER NOT NULL,
  CONSTRAINT pk_user_preferences PRIMARY KEY (user_id)
);

CREATE TABLE user_profile (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  name VARCHAR NOT NULL,
  avatar_image VARCHAR,
  description VARCHAR NOT NULL,
  is_default BOOLEAN NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  deleted_at TIMESTAMP WITH TIME ZONE,
  version INTEGER NOT NULL,
  CONSTRAINT pk_user_profile PRIMARY KEY (user_id, id)
);

CREATE TABLE worker (
  id UUID NOT NULL,
  host VARCHAR NOT NULL,
  pid INTEGER NOT NULL,
  version VARCHAR NOT NULL,
  concurrency INTEGER NOT NULL,
  running INTEGER NOT NULL,
  claimed INTEGER NOT NULL,
  finished INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  takeovers INTEGER NOT NULL,
  fenced INTEGER NOT NULL,
  draining BOOLEAN NOT NULL,
  started_at TIMESTAMP WITH TIME ZONE NOT NULL,
  seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_worker PRIMARY KEY (id)
);

CREATE TABLE application_settings (
  user_id UUID NOT NULL,
  default_ai_model_id UUID,
  default_system_prompt_id UUID,
  default_user_profile_id UUID,
  context_messages INTEGER NOT NULL,
  retention_days INTEGER NOT NULL,
  retry_paid BOOLEAN NOT NULL,
  interface JSON,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  version INTEGER NOT NULL,
  CONSTRAINT pk_application_settings PRIMARY KEY (user_id),
  CONSTRAINT fk_application_settings_user_id_default_user_profile_id FOREIGN KEY(user_id, default_user_profile_id) REFERENCES user_profile (user_id, id),
  CONSTRAINT fk_application_settings_default_ai_model_id FOREIGN KEY(default_ai_model_id) REFERENCES ai_model (id),
  CONSTRAINT fk_application_settings_default_system_prompt_id FOREIGN KEY(default_system_prompt_id) REFERENCES system_prompt (id)
);

CREATE TABLE character (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  label VARCHAR NOT NULL,
  name VARCHAR NOT NULL,
  avatar_sha256 VARCHAR,
  description VARCHAR NOT NULL,
  personality VARCHAR NOT NULL,
  scenario VARCHAR NOT NULL,
  first_mes VARCHAR NOT NULL,
  mes_example VARCHAR NOT NULL,
  creator_notes VARCHAR NOT NULL,
  system_prompt VARCHAR NOT NULL,
  post_history_instructions VARCHAR NOT NULL,
  alternate_greetings JSON NOT NULL,
  tags JSON NOT NULL,
  ai_model_id UUID,
  archived BOOLEAN NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  deleted_at TIMESTAMP WITH TIME ZONE,
  version INTEGER NOT NULL,
  CONSTRAINT pk_character PRIMARY KEY (user_id, id),
  CONSTRAINT fk_character_ai_model_id FOREIGN KEY(ai_model_id) REFERENCES ai_model (id)
);

CREATE TABLE character_revision (
  user_id UUID NOT NULL,
  character_id UUID NOT NULL,
  version INTEGER NOT NULL,
  fields JSON NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_character_revision PRIMARY KEY (user_id, character_id, version),
  CONSTRAINT fk_character_revision_user_id_character_id FOREIGN KEY(user_id, character_id) REFERENCES character (user_id, id) ON DELETE CASCADE
);

CREATE TABLE chat_session (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  title VARCHAR NOT NULL,
  category VARCHAR NOT NULL,
  character_id UUID,
  user_profile_id UUID,
  ai_model_id UUID,
  system_prompt_id UUID,
  post_id UUID,
  user_persona VARCHAR NOT NULL,
  world_time VARCHAR NOT NULL,
  summary VARCHAR NOT NULL,
  last_summary_at TIMESTAMP WITH TIME ZONE,
  total_messages INTEGER NOT NULL,
  active_leaf_id UUID,
  next_seq INTEGER NOT NULL,
  last_read_seq INTEGER NOT NULL,
  last_reply_seq INTEGER DEFAULT 0 NOT NULL,
  pinned BOOLEAN NOT NULL,
  archived BOOLEAN NOT NULL,
  document_ids JSON NOT NULL,
  version INTEGER NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  deleted_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_chat_session PRIMARY KEY (user_id, id),
  CONSTRAINT fk_chat_session_user_id_character_id FOREIGN KEY(user_id, character_id) REFERENCES character (user_id, id),
  CONSTRAINT fk_chat_session_user_id_user_profile_id FOREIGN KEY(user_id, user_profile_id) REFERENCES user_profile (user_id, id),
  CONSTRAINT fk_chat_session_ai_model_id FOREIGN KEY(ai_model_id) REFERENCES ai_model (id),
  CONSTRAINT fk_chat_session_system_prompt_id FOREIGN KEY(system_prompt_id) REFERENCES system_prompt (id)
);

CREATE TABLE message (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  session_id UUID NOT NULL,
  parent_id UUID,
  role VARCHAR(16) NOT NULL,
  character_id UUID,
  content VARCHAR NOT NULL,
  status VARCHAR(16) NOT NULL,
  intent VARCHAR,
  finish_reason VARCHAR,
  provider VARCHAR,
  model VARCHAR,
  usage JSON,
  error JSON,
  depth INTEGER NOT NULL,
  hidden BOOLEAN NOT NULL,
  pinned BOOLEAN NOT NULL,
  timestamp TIMESTAMP WITH TIME ZONE NOT NULL,
  version INTEGER NOT NULL,
  deletion_id UUID,
  deleted_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_message PRIMARY KEY (user_id, id),
  CONSTRAINT fk_message_user_id_session_id FOREIGN KEY(user_id, session_id) REFERENCES chat_session (user_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_message_user_id_session_id_parent_id FOREIGN KEY(user_id, session_id, parent_id) REFERENCES message (user_id, session_id, id),
  CONSTRAINT fk_message_user_id_character_id FOREIGN KEY(user_id, character_id) REFERENCES character (user_id, id),
  CONSTRAINT uq_message_within_session UNIQUE (id, session_id, user_id),
  CONSTRAINT ck_message_role CHECK (role IN ('user', 'assistant')),
  CONSTRAINT ck_message_status CHECK (status IN ('queued', 'streaming', 'complete', 'stopped', 'failed'))
);

CREATE TABLE session_event (
  user_id UUID NOT NULL,
  session_id UUID NOT NULL,
  seq INTEGER NOT NULL,
  kind VARCHAR NOT NULL,
  message_id UUID,
  body VARCHAR NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_session_event PRIMARY KEY (user_id, session_id, seq),
  CONSTRAINT fk_session_event_user_id_session_id FOREIGN KEY(user_id, session_id) REFERENCES chat_session (user_id, id) ON DELETE CASCADE
);

CREATE TABLE generation (
  user_id UUID NOT NULL,
  message_id UUID NOT NULL,
  session_id UUID NOT NULL,
  after_id UUID,
  state VARCHAR(16) NOT NULL,
  attempt INTEGER NOT NULL,
  first_attempt INTEGER NOT NULL,
  owner UUID,
  lease_until TIMESTAMP WITH TIME ZONE,
  queued_at TIMESTAMP WITH TIME ZONE NOT NULL,
  deadline_at TIMESTAMP WITH TIME ZONE,
  stop_requested BOOLEAN NOT NULL,
  keep INTEGER,
  instruction VARCHAR,
  partial_text VARCHAR NOT NULL,
  partial_attempt INTEGER NOT NULL,
  prompt_trace JSON,
  CONSTRAINT pk_generation PRIMARY KEY (user_id, message_id),
  CONSTRAINT fk_generation_user_id_message_id FOREIGN KEY(user_id, message_id) REFERENCES message (user_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_generation_user_id_session_id FOREIGN KEY(user_id, session_id) REFERENCES chat_session (user_id, id) ON DELETE CASCADE,
  CONSTRAINT ck_generation_state CHECK (state IN ('queued', 'streaming', 'complete', 'stopped', 'failed'))
);

CREATE TABLE message_revision (
  user_id UUID NOT NULL,
  message_id UUID NOT NULL,
  version INTEGER NOT NULL,
  content VARCHAR NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_message_revision PRIMARY KEY (user_id, message_id, version),
  CONSTRAINT fk_message_revision_user_id_message_id FOREIGN KEY(user_id, message_id) REFERENCES message (user_id, id) ON DELETE CASCADE
);

CREATE INDEX ix_ai_model_user_id ON ai_model (user_id);

CREATE INDEX ix_character_updated ON character (user_id, updated_at, id);

CREATE INDEX ix_chat_session_character ON chat_session (user_id, character_id);

CREATE INDEX ix_chat_session_created ON chat_session (user_id, created_at);

CREATE INDEX ix_chat_session_profile ON chat_session (user_id, user_profile_id);

CREATE INDEX ix_chat_session_updated ON chat_session (user_id, deleted_at, updated_at, id);

CREATE INDEX ix_generation_after ON generation (after_id, user_id) WHERE state = 'queued';

CREATE INDEX ix_generation_session ON generation (session_id, user_id, state);

CREATE INDEX ix_generation_unfinished ON generation (state, lease_until) WHERE state IN ('queued', 'streaming');

CREATE INDEX ix_idempotency_record_created_at ON idempotency_record (created_at);

CREATE INDEX ix_job_state_run_at ON job (state, run_at);

CREATE INDEX ix_message_deleted ON message (session_id, user_id, deleted_at) WHERE deleted_at IS NOT NULL;

CREATE INDEX ix_message_parent ON message (session_id, user_id, parent_id);

CREATE INDEX ix_message_timestamp ON message (session_id, user_id, timestamp);

CREATE INDEX ix_session_event_created ON session_event (created_at);

CREATE INDEX ix_session_event_message ON session_event (message_id, user_id);

CREATE INDEX ix_system_prompt_user_id ON system_prompt (user_id);

CREATE UNIQUE INDEX ix_user_one_owner ON "user" (role) WHERE role = 'owner';

CREATE INDEX ix_user_profile_updated ON user_profile (user_id, updated_at, id);

CREATE INDEX ix_worker_seen_at ON worker (seen_at);

CREATE UNIQUE INDEX uq_character_label ON character (user_id, label) WHERE deleted_at IS NULL;
