-- Contracts of SECOP II: one row each. A purchase (proceso_de_compra) has one or several of them.

-- Floating timestamps are local time. Where only a day was entered, the hour is midnight.
CREATE MACRO moment(cell) AS TRY_CAST(blank(cell) AS TIMESTAMP);
CREATE MACRO last_moment(cell) AS
  CASE WHEN moment(cell) = date_trunc('day', moment(cell)) THEN moment(cell) + INTERVAL 86399 SECOND ELSE moment(cell) END;
CREATE MACRO unreadable(label, cell, value) AS
  CASE WHEN blank(cell) IS NOT NULL AND value IS NULL THEN label || ' can''t be read: ' || blank(cell) END;

CREATE VIEW contratos AS
SELECT _row,
       coalesce(blank(id_contrato), 'fila-' || blank(fila)) AS contract_id,
       coalesce(blank(proceso_de_compra), blank(id_contrato), 'fila-' || blank(fila)) AS process_id,
       blank(codigo_entidad) AS codigo_entidad, blank(nombre_entidad) AS nombre_entidad, blank(nit_entidad) AS nit_entidad,
       blank(ciudad) AS ciudad, blank(descripcion_del_proceso) AS descripcion_del_proceso,
       blank(objeto_del_contrato) AS objeto_del_contrato, blank(tipo_de_contrato) AS tipo_de_contrato,
       blank(modalidad_de_contratacion) AS modalidad, blank(justificacion_modalidad_de) AS justificacion,
       lower(blank(estado_contrato)) AS estado,              -- the source writes "Cerrado", "terminado" and "cedido"
       moment(fecha_de_firma) AS firmado, moment(fecha_de_inicio_del_contrato) AS inicio,
       last_moment(fecha_de_fin_del_contrato) AS fin,
       money(valor_del_contrato) AS valor,
       CASE WHEN blank(proveedor_adjudicado) IS NOT NULL THEN
         coalesce(blank(codigo_proveedor), blank(documento_proveedor), 'contrato-' || blank(id_contrato)) END AS proveedor_id,
       proveedor_adjudicado, CASE WHEN tipo_documento = 'NIT' THEN blank(documento_proveedor) END AS nit_proveedor,
       -- Only a tax number of a firm, or a group of bidders, is surely no natural person.
       coalesce(tipo_documento <> 'NIT', true) AND coalesce(lower(blank(es_grupo)) NOT IN ('si', 'sí'), true) AS persona,
       CASE WHEN lower(blank(es_pyme)) IN ('si', 'sí') THEN 'sme' END AS tamano,
       moment(ultima_actualizacion) AS actualizado,
       nullif(concat_ws(chr(10),
         unreadable('valor_del_contrato', valor_del_contrato, money(valor_del_contrato)),
         unreadable('fecha_de_firma', fecha_de_firma, moment(fecha_de_firma)),
         unreadable('fecha_de_inicio_del_contrato', fecha_de_inicio_del_contrato, moment(fecha_de_inicio_del_contrato)),
         unreadable('fecha_de_fin_del_contrato', fecha_de_fin_del_contrato, moment(fecha_de_fin_del_contrato)),
         CASE WHEN CAST(moment(fecha_de_firma) AS DATE) > CAST(moment(fecha_de_inicio_del_contrato) AS DATE)
              THEN 'signed after its start' END,
         CASE WHEN moment(fecha_de_fin_del_contrato) < moment(fecha_de_inicio_del_contrato)
              THEN 'ends before its start' END), '') AS _findings
FROM (SELECT *, upper(blank(tipodocproveedor)) AS tipo_documento FROM contratos_electronicos);

-- The purchase: what its contracts say of it, the first of them where they differ.
CREATE VIEW procesos AS
SELECT min(_row) AS _row, process_id,
       arg_min(descripcion_del_proceso, contract_id) AS descripcion, arg_min(tipo_de_contrato, contract_id) AS tipo,
       arg_min(modalidad, contract_id) AS modalidad, arg_min(justificacion, contract_id) AS justificacion,
       arg_min(codigo_entidad, contract_id) AS entidad_id, arg_min(nombre_entidad, contract_id) AS entidad,
       arg_min(nit_entidad, contract_id) AS nit, arg_min(ciudad, contract_id) AS ciudad
FROM contratos GROUP BY process_id;

-- One decision of award per contract: the source tells no more of it than who got the contract.
CREATE VIEW adjudicaciones AS
SELECT _row, process_id, contract_id, proveedor_id FROM contratos;
