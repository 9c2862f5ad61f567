internal import Services

/// A refusal of a service that can be said in the terms of the API.
protocol WireRefusal: Error {
  var onWire: APIError { get }
}

/// Runs `body` with a refusal of its service as an error of the API.
func refusing<Answer, Refusal: WireRefusal>(
  _ body: () async throws(Refusal) -> Answer
) async throws(APIError) -> Answer {
  do throws(Refusal) {
    return try await body()
  } catch {
    throw error.onWire
  }
}

extension OperatorRefusal: WireRefusal {
  var onWire: APIError {
    switch self {
    case .invalid(let field, let reason): .invalid(field, reason)
    case .notFound: .notFound
    case .conflict: APIError(.conflict)
    case .unavailable: .unavailable
    }
  }
}
