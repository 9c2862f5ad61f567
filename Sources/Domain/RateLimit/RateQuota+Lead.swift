extension RateQuota {
  /// How far `arrival` lies ahead of `now`, in `limit`ths of a microsecond: nothing once it has passed,
  /// and never more than the full burst, which it could be after the quota was changed.
  public func lead(of arrival: TheoreticalArrival, at now: Int) -> Int {
    let ahead = arrival.microseconds - now
    if ahead < 0 { return 0 }
    if ahead > Bounds.recoverySeconds * Self.microsecondsPerSecond { return fullLead }
    return min(ahead * limit + min(arrival.part, limit - 1), fullLead)
  }

  /// The arrival that lies `lead` ahead of `now`.
  public func arrival(lead: Int, at now: Int) -> TheoreticalArrival {
    TheoreticalArrival(microseconds: now + lead / limit, part: lead % limit)
  }

  /// The lead after a request of `cost` units; nil when it does not conform.
  public func charged(_ lead: Int, cost: Int) -> Int? {
    let next = lead + cost * windowMicroseconds
    return next <= fullLead ? next : nil
  }

  /// The lead after `cost` units were given back. What time has given back already is not given twice.
  public func refunded(_ lead: Int, cost: Int) -> Int {
    max(0, lead - cost * windowMicroseconds)
  }

  /// Units that would be let through at once.
  public func remaining(_ lead: Int) -> Int { (fullLead - lead) / windowMicroseconds }

  /// Microseconds until the full burst is there again, rounded up.
  public func resetMicroseconds(_ lead: Int) -> Int { (lead + limit - 1) / limit }

  /// Microseconds until a request of `cost` units conforms: exactly the first at which it does.
  public func waitMicroseconds(_ lead: Int, cost: Int) -> Int {
    let excess = lead + cost * windowMicroseconds - fullLead
    return excess <= 0 ? 0 : (excess + limit - 1) / limit
  }
}
