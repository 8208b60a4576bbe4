import { useQuery } from "@tanstack/react-query";
import { api, ask } from "./client";

export const useMachine = () =>
  useQuery({ queryKey: ["machine"], queryFn: () => ask(api.GET("/api/machine")), refetchInterval: 5_000 });
