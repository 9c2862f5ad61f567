extension PostgresProgram {
  /// A ledger's settings: durable commits, short transactions, few and long-lived connections.
  var configuration: String {
    var lines = [
      "# Written at every start; changes here are lost.",
      "listen_addresses = ''",
      "unix_socket_directories = '\(ServerFolder.runForServer)'",
      "unix_socket_permissions = 0700",
      "port = 5432",
      "cluster_name = 'spillway'",
      "max_connections = \(options.maximumConnections)",
      "shared_buffers = \(options.sharedBuffers)MB",
      "work_mem = 8MB",
      "maintenance_work_mem = 64MB",
      "max_locks_per_transaction = 256",
      "fsync = \(options.fsync ? "on" : "off")",
      "synchronous_commit = \(options.fsync ? "on" : "off")",
      "full_page_writes = \(options.fsync ? "on" : "off")",
      "wal_compression = lz4",
      "max_wal_size = 2GB",
      "checkpoint_timeout = 15min",
      "autovacuum_naptime = 15s",
      "random_page_cost = 1.1",
      "jit = off",
      "idle_in_transaction_session_timeout = 60s",
      "timezone = 'UTC'",
      "log_timezone = 'UTC'",
      "log_line_prefix = '%m [%p] '",
      "log_min_duration_statement = 1s",
      "log_checkpoints = off",
    ]
    lines += options.configuration
    return lines.joined(separator: "\n") + "\n"
  }
}
