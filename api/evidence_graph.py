"""The evidence base in RDF: what each address describes, as CONSTRUCT queries."""

from __future__ import annotations

from typing import Final

CASES: Final = """
CONSTRUCT { ?case ?property ?value } WHERE { ?case a tt:Case ; ?property ?value }"""

CASE: Final = """
CONSTRUCT { ?thing ?property ?value . ?where ?inner ?detail } WHERE {
  { $subject ?property ?value . BIND($subject AS ?thing) }
  UNION { ?thing a tt:Interviewee ; tt:case $subject ; ?property ?value }
  UNION { ?thing a tt:CaseAttribute ; tt:case $subject ; ?property ?value }
  OPTIONAL { ?thing tt:locator ?where . ?where ?inner ?detail }
}"""

OBSERVATIONS: Final = """
CONSTRUCT { ?observation ?property ?value . ?where ?inner ?detail } WHERE {
  ?observation a tt:Observation ; tt:case $subject ; ?property ?value ; tt:locator ?where .
  ?where ?inner ?detail .
}"""

PROPOSITIONS: Final = """
CONSTRUCT { ?proposition ?property ?value . ?condition ?inner ?detail } WHERE {
  ?proposition a tt:Proposition ; ?property ?value .
  OPTIONAL {
    ?proposition tt:speaksFor|tt:speaksAgainst|tt:antecedentCondition|tt:consequentCondition ?condition .
    ?condition ?inner ?detail .
  }
}"""

PROPOSITION: Final = """
CONSTRUCT { ?thing ?property ?value } WHERE {
  {
    {
      SELECT ?thing WHERE {
        { BIND($subject AS ?thing) }
        UNION { $subject tt:speaksFor|tt:speaksAgainst|tt:antecedentCondition|tt:consequentCondition ?thing }
        UNION { $subject tt:follows|tt:extends|tt:contradicts|tt:locator ?thing }
      }
    }
    ?thing ?property ?value
  }
}"""

PROPOSITION_EVIDENCE: Final = """
CONSTRUCT {
  $subject ?property ?side .
  ?side ?inner ?detail .
  ?observation ?said ?thing .
  ?where ?at ?spot .
} WHERE {
  $subject ?property ?side .
  VALUES ?property { tt:speaksFor tt:speaksAgainst }
  ?side ?inner ?detail ; tt:construct ?construct ; tt:value ?value .
  OPTIONAL {
    ?observation a tt:Observation ; tt:construct ?construct ; tt:value ?value ;
      tt:locator ?where ; ?said ?thing .
    ?where ?at ?spot .
  }
}"""

FRAMEWORKS: Final = """
CONSTRUCT { ?framework ?property ?value } WHERE { ?framework a tt:Framework ; ?property ?value }"""

FRAMEWORK: Final = """
CONSTRUCT { ?thing ?property ?value } WHERE {
  { $subject ?property ?value . BIND($subject AS ?thing) }
  UNION { $subject skos:member ?thing . ?thing ?property ?value }
  UNION { $subject skos:member/tt:option ?thing . ?thing ?property ?value }
  UNION { $subject tt:rowHeading|tt:columnHeading ?thing . ?thing ?property ?value }
  UNION { $subject skos:memberList/rdf:rest* ?thing . ?thing ?property ?value }
}"""

AMBIGUITIES: Final = """
CONSTRUCT { ?thing ?property ?value } WHERE {
  { ?thing a tt:Ambiguity ; ?property ?value }
  UNION { ?thing a tt:Reading ; ?property ?value }
}"""

PLAYBOOK: Final = """
CONSTRUCT {
  ?item ?property ?value .
  ?framework skos:member ?item ; skos:prefLabel ?title ; tt:phaseRead ?ours .
} WHERE {
  ?framework a tt:Framework ; skos:member ?item ; skos:prefLabel ?title .
  OPTIONAL { ?framework tt:phaseRead ?ours }
  ?item tt:phase ?node ; ?property ?value .
  FILTER($phase = "any" || EXISTS { ?node skos:broader*/skos:notation $phase })
  OPTIONAL { ?item tt:orientation/skos:notation ?orientation }
  FILTER($orientation = "any" || !BOUND(?orientation) || ?orientation = $orientation)
}"""

ALLIANCE_PRACTICE: Final = """
CONSTRUCT {
  $subject ?property ?value .
  ?proposition a tt:Proposition ; tt:number ?number ; tt:statement ?statement .
} WHERE {
  VALUES ?property {
    tt:orientation tt:searchChannel tt:selectionBasis tt:governanceMode tt:coordination tt:monitoring
    tt:seniorInvolvement tt:trustBasis
  }
  $subject ?property ?value .
  OPTIONAL {
    $subject tt:orientation ?orientation .
    ?proposition tt:orientation ?orientation ; a tt:Proposition ; tt:number ?number ;
      tt:statement ?statement .
  }
}"""

ORGANIZATION_PRACTICE: Final = """
CONSTRUCT {
  ?participation tt:organization $subject ; tt:alliance ?alliance .
  ?alliance ?property ?value .
  ?proposition a tt:Proposition ; tt:number ?number ; tt:statement ?statement .
} WHERE {
  ?participation tt:organization $subject ; tt:alliance ?alliance .
  VALUES ?property {
    tt:orientation tt:searchChannel tt:selectionBasis tt:governanceMode tt:coordination tt:monitoring
    tt:seniorInvolvement tt:trustBasis
  }
  ?alliance ?property ?value .
  OPTIONAL {
    ?alliance tt:orientation ?orientation .
    ?proposition tt:orientation ?orientation ; a tt:Proposition ; tt:number ?number ;
      tt:statement ?statement .
  }
}"""
