internal import Domain
internal import Services

/// Places and ends holds, once for each idempotency key, and says why not in the terms of the API.
enum HoldChange {
  static func place(
    _ wish: HoldService.Wish, _ context: RequestContext, _ node: Node
  ) async throws(APIError) -> APIResponse {
    try await context.once(in: node.database) { transaction in
      do {
        let done = try await node.holds.place(wish, context.identity, in: transaction)
        return answer(done, status: 201)
      } catch let refusal as HoldService.Refusal {
        guard case .short(let available) = refusal else { throw error(refusal) }
        throw APIError(
          .insufficientFunds,
          details: [
            "balance": WalletView.money(available, wish.unit),
            "needed": WalletView.money(wish.amount, wish.unit),
          ])
      }
    }
  }

  /// - Parameter part: how much is captured; nothing of it counts where all is freed.
  static func end(
    _ means: HoldService.Ending.Means, _ part: HoldReader.Part, _ context: RequestContext,
    _ node: Node
  ) async throws(APIError) -> APIResponse {
    let ending = HoldService.Ending(
      means, of: try context.identifier("hold"), tenant: context.tenant.id,
      user: try WalletRoutes.user(of: context), unit: part.unit, actor: context.principal.user)
    return try await context.once(in: node.database) { transaction in
      do {
        return answer(try await node.holds.end(ending, context.identity, in: transaction))
      } catch let refusal as HoldService.Refusal {
        throw error(refusal, part)
      }
    }
  }

  private static func answer(_ done: HoldService.Done, status: Int = 200) -> APIResponse {
    let response = APIResponse.data(HoldView.hold(done.hold), status: status)
    return done.isReplay ? response.asReplay : response
  }

  static func error(
    _ refusal: HoldService.Refusal, _ part: HoldReader.Part = HoldReader.Part()
  ) -> APIError {
    switch refusal {
    case .short: APIError(.insufficientFunds)
    case .unknown: .notFound
    case .ended(let status): APIError(.conflict, details: ["status": .string(status.rawValue)])
    case .excess(let held): .invalid(part.amountPath, "must be at most \(held), which is held")
    case .otherUnit(let unit): .invalid(part.unitPath, "must be \(unit), which is held")
    case .keyReused: APIError(.idempotencyKeyReuse)
    case .unavailable: .unavailable
    }
  }
}
