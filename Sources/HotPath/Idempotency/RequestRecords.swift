public import Domain
public import Redis

/// The records of requests with an idempotency key, in Redis. Loop-confined.
///
/// They belong to no cell: what such a request does, it does elsewhere. So a record says that somebody is
/// at it, for a while, and then what came of it.
public final class RequestRecords {
  /// Hash tags that the records of a tenant are spread over.
  static let tags: UInt64 = 64

  /// What became of a request.
  public enum Beginning: Sendable, Equatable {
    /// Go on.
    ///
    /// - Parameter isTakeover: an earlier attempt did not finish in its time, and may have had its effect.
    case run(isTakeover: Bool)
    /// Somebody is at it, for so long at most.
    case running(milliseconds: Int)
    /// What was saved.
    case done([UInt8])
    /// The key came with another request.
    case reused
  }

  private let router: RedisRouter

  public init(router: RedisRouter) { self.router = router }

  /// The key of a record.
  public static func key(_ tenant: TenantID, _ identity: RequestIdempotency) -> [UInt8] {
    let key = identity.key
    return Array("spillway:{request.\(tenant).\(key.low % tags)}:\(key)".utf8)
  }

  /// Begins a request, or says what became of the first one. Runs to its end also in a cancelled task: a
  /// record that nobody knows to own would keep others waiting.
  ///
  /// - Parameters:
  ///   - owner: names this attempt.
  ///   - lease: how long it may take.
  public func begin(
    _ identity: RequestIdempotency, of tenant: TenantID, owner: String, lease: Duration
  ) async throws(RedisError) -> Beginning {
    let reply = try await evaluate(
      ScriptCatalog.beginRequest, Self.key(tenant, identity),
      ["\(identity.fingerprint)", owner, Int(lease.wholeMilliseconds)])
    switch reply[0].text {
    case "new": return .run(isTakeover: false)
    case "taken": return .run(isTakeover: true)
    case "running": return .running(milliseconds: reply[1].integer ?? 0)
    case "done": return .done(reply[1].bytes ?? [])
    case "reused": return .reused
    default: throw .protocolViolation("begin_request")
    }
  }

  /// Saves what a repeat is to be answered with, or forgets the request.
  ///
  /// - Parameter response: empty to forget.
  /// - Returns: false when the record belongs to somebody else by now.
  @discardableResult
  public func finish(
    _ identity: RequestIdempotency, of tenant: TenantID, owner: String, response: [UInt8]
  ) async throws(RedisError) -> Bool {
    let reply = try await evaluate(
      ScriptCatalog.finishRequest, Self.key(tenant, identity),
      ["\(identity.fingerprint)", owner, response])
    return reply.integer == 1
  }

  private func evaluate(
    _ script: CatalogedScript, _ key: [UInt8], _ arguments: [any RedisArgument]
  ) async throws(RedisError) -> RedisValue {
    let client = router.client(for: key)
    let result: Result<RedisValue, RedisError> = await withCheckedContinuation { continuation in
      client.evaluate(
        script.script, keyCount: 1, argumentCount: arguments.count,
        write: { writer in
          writer.argument(key)
          for argument in arguments { argument.write(into: &writer) }
        },
        completion: { continuation.resume(returning: $0.result) })
    }
    return try result.get()
  }
}
