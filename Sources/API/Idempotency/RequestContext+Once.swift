internal import Domain
internal import Ledger
public import Postgres

extension RequestContext {
  /// Runs the effect of a request in one transaction with the ledger's record of its idempotency key: it
  /// happens once, also when Redis has lost its data or a node died between effect and answer.
  ///
  /// - Parameter effect: does what was asked for in the transaction. When it throws, nothing was done.
  /// - Throws: what `effect` throws; 409 when it was done before with a response too long to be kept, 422
  ///   when the key came with another request, 503 when the ledger cannot be asked.
  public func once(
    in pool: PostgresPool,
    _ effect: (PostgresTransaction) async throws -> APIResponse
  ) async throws(APIError) -> APIResponse {
    guard let identity else { preconditionFailure("the route declares no idempotency key") }
    do {
      var given: APIResponse?
      let outcome = try await IdempotencyStore(pool: pool).once(identity, of: tenant.id) {
        let response = try await effect($0)
        given = response
        return String(decoding: response.kept, as: UTF8.self)
      }
      switch outcome {
      case .done: return given!
      case .replayed(let text): return try APIResponse.replay(of: Array(text.utf8))
      case .reused: throw APIError(.idempotencyKeyReuse)
      }
    } catch let refusal as APIError {
      throw refusal
    } catch {
      throw .unavailable
    }
  }
}
